// Token exchange (RFC 8693), which oidc-provider has not built in: an opaque access token for a JWT to another audience,
// and with offline_access a refresh token of a grant of its own.
import { errors } from 'oidc-provider';

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const DOWNSTREAM = 'https://downstream.example/';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const PARAMETERS = ['subject_token', 'subject_token_type', 'audience', 'resource', 'scope', 'requested_token_type'];

export function registerTokenExchange(provider, resourceServerInfo) {
  const refreshToken = async (accountId, client) => {
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(DOWNSTREAM, 'read write');
    const token = new provider.RefreshToken({
      accountId, client, gty: 'token_exchange', grantId: await grant.save(), resource: DOWNSTREAM, scope: 'offline_access read',
    });
    return token.save();
  };
  const handler = async (ctx) => {
    const { params, client } = ctx.oidc;
    if (params.subject_token_type !== ACCESS_TOKEN) throw new errors.InvalidRequest('subject_token_type must be access_token');
    if ((params.audience || params.resource) !== DOWNSTREAM) throw new errors.InvalidTarget();
    const subject = await provider.AccessToken.find(params.subject_token);
    if (!subject || subject.isExpired) throw new errors.InvalidGrant('subject token not found');
    const { accountId, grantId } = subject;
    const token = new provider.AccessToken({ accountId, grantId, client, gty: 'token_exchange', scope: params.scope || 'read' });
    token.resourceServer = new provider.ResourceServer(DOWNSTREAM, resourceServerInfo(DOWNSTREAM));
    token.extra = { act: { sub: client.clientId } };
    const refresh_token = (params.scope || '').split(' ').includes('offline_access') ? await refreshToken(accountId, client) : undefined;
    ctx.body = {
      access_token: await token.save(), issued_token_type: ACCESS_TOKEN, token_type: token.tokenType,
      expires_in: token.expiration, scope: token.scope, refresh_token,
    };
  };
  provider.registerGrantType(EXCHANGE, handler, PARAMETERS, ['audience', 'resource']);
}
