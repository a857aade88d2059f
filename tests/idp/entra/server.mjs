// Endpoints in the shape of Entra ID's on oidc-provider: its own protocol code, with Microsoft's addresses, claims,
// client_info, tenants and on-behalf-of around it. It shows that a client speaks the protocol, not that it is Entra.
// Environment: KEY_FILE, CERT_FILE (TLS), CLIENT_SECRET, CLIENT_JWKS (public keys), REDIRECT_URIS (comma separated),
// TENANTS (name=id, comma separated; the first is everybody's home). Prints {"ready": origin} when it answers.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import * as jose from 'jose';
import { Provider, errors } from 'oidc-provider';
import { Store } from '../store.mjs';
import { Record } from './record.mjs';

const { env } = process;
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const OBO = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const STORAGE = 'https://storage.azure.com/';
const APIS = ['https://api.example/', 'https://downstream.example/', STORAGE];
const PERSONAL = ['authorization_code', 'refresh_token', DEVICE];
const tenants = new Map(env.TENANTS.split(',').map((pair) => pair.split('=')));
const home = [...tenants.values()][0];
const redirect_uris = env.REDIRECT_URIS.split(',');
const store = new Store();
const record = new Record(() => store.revokeAll());
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signingKey = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'k1' };
const cookieKeys = [randomBytes(32).toString('hex')];

const client = (client_id, grant_types, more) => (
  { client_id, grant_types, redirect_uris, response_types: ['code'], application_type: 'native', ...more });
const clients = [
  client('app-public', PERSONAL, { token_endpoint_auth_method: 'none' }),
  client('app-secret', [...PERSONAL, 'client_credentials', OBO], { token_endpoint_auth_method: 'client_secret_post', client_secret: env.CLIENT_SECRET }),
  client('app-key', [...PERSONAL, 'client_credentials', OBO], { token_endpoint_auth_method: 'private_key_jwt', jwks: JSON.parse(env.CLIENT_JWKS) }),
];

const api = (scope = '') => APIS.find((url) => scope.split(' ').some((one) => one.startsWith(url)));
const resourceServer = (audience) => (
  { audience, scope: ['.default', 'user.read', 'user.write'].map((name) => audience + name).join(' '), accessTokenTTL: record.settings.at_ttl, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } });

function findAccount(tid) {
  return (_ctx, sub) => ({
    accountId: sub,
    claims: async () => ({ sub, oid: `oid-${sub}`, tid, ver: '2.0', name: sub, preferred_username: `${sub}@contoso.test` }),
  });
}

function configuration(tid) {
  return {
    adapter: store.adapter,
    jwks: { keys: [signingKey] },
    cookies: { keys: cookieKeys },
    clients,
    conformIdTokenClaims: false,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    issueRefreshToken: async (_ctx, _client, code) => code.scopes.has('offline_access'),
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: { openid: ['sub', 'oid', 'tid', 'ver', 'name', 'preferred_username'] },
    routes: { authorization: '/oauth2/v2.0/authorize', token: '/oauth2/v2.0/token', device_authorization: '/oauth2/v2.0/devicecode', code_verification: '/oauth2/deviceauth', jwks: '/discovery/v2.0/keys', end_session: '/oauth2/v2.0/logout' },
    features: {
      deviceFlow: { enabled: true }, clientCredentials: { enabled: true }, devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async (ctx) => api(ctx.oidc.params?.scope),
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx, url) => { if (!APIS.includes(url)) throw new errors.InvalidTarget(); return resourceServer(url); },
      },
    },
    findAccount: findAccount(tid),
    formats: { customizers: { jwt: async (_ctx, _token, { payload }) => { if (payload.aud === STORAGE) asVersion1(payload, tid); } } },
  };
}

// What Azure's own services are sent: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
function asVersion1(payload, tid) {
  Object.assign(payload, { aud: STORAGE.slice(0, -1), iss: `https://sts.windows.net/${tid}/`, nbf: payload.iat, ver: '1.0' });
}

const refusal = (Kind, error_description) => Object.assign(new Kind(), { error_description });

// On behalf of: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
function onBehalfOf(provider, issuer) {
  return async (ctx) => {
    const { params, client: caller } = ctx.oidc;
    if (params.requested_token_use !== 'on_behalf_of') throw refusal(errors.InvalidRequest, 'AADSTS90014: requested_token_use is missing.');
    let claims;
    try {
      ({ payload: claims } = await jose.jwtVerify(params.assertion, publicKey, { issuer }));
    } catch {
      throw refusal(errors.InvalidGrant, 'AADSTS50013: Assertion failed signature validation.');
    }
    const audience = api(params.scope);
    if (!audience) throw new errors.InvalidTarget();
    const scope = params.scope.split(' ').filter((one) => one.startsWith(audience)).join(' ');
    const token = new provider.AccessToken({ accountId: claims.sub, client: caller, grantId: 'obo', gty: 'obo', scope });
    token.resourceServer = new provider.ResourceServer(audience, resourceServer(audience));
    ctx.body = { token_type: 'Bearer', scope, expires_in: token.expiration, access_token: await token.save() };
  };
}

// Entra's refresh token serves all that was consented to, whatever its sign-in asked for: here all that the APIs offer.
function servesWhatWasConsentedTo({ RefreshToken, Grant }) {
  const found = (Model) => Model.find.bind(Model);
  const [findToken, findGrant] = [found(RefreshToken), found(Grant)];
  RefreshToken.find = async (...args) => {
    const [token, audience] = [await findToken(...args), api(Provider.ctx?.oidc.params?.scope)];
    return token && audience ? Object.assign(token, { resource: audience, scope: `openid offline_access profile ${resourceServer(audience).scope}` }) : token;
  };
  Grant.find = async (...args) => {
    const grant = await findGrant(...args);
    if (grant && Provider.ctx?.oidc.params?.grant_type === 'refresh_token') APIS.forEach((url) => grant.addResourceScope(url, resourceServer(url).scope));
    return grant;
  };
}

// A guest is another subject and object in each tenant, and one account at home: what client_info says.
const asGuest = (claims, tid) => new jose.SignJWT({ ...claims, sub: `${claims.sub}-in-${tid.slice(0, 4)}`, oid: `${claims.oid}-in-${tid.slice(0, 4)}` })
  .setProtectedHeader({ alg: signingKey.alg, kid: signingKey.kid }).sign(privateKey);

const dress = (tid) => async (ctx, next) => {
  await next();
  const { body, oidc } = ctx;
  if (oidc?.route === 'token' && body?.access_token) {
    const claims = body.id_token && jose.decodeJwt(body.id_token);
    if (claims && oidc.body?.client_info) body.client_info = Buffer.from(JSON.stringify({ uid: claims.oid, utid: home })).toString('base64url');
    if (claims && tid !== home) body.id_token = await asGuest(claims, tid);
    body.ext_expires_in = body.expires_in;
  }
  if (oidc?.route === 'token' && body?.error === 'invalid_grant' && oidc.params?.grant_type === 'refresh_token') {
    Object.assign(body, { error_description: 'AADSTS50173: The provided grant has expired due to it being revoked.', error_codes: [50173] });
  }
  if (oidc?.route === 'device_authorization' && body?.user_code) Object.assign(body, { interval: 1, verification_uri_complete: undefined });
};

function tenantProvider(origin, tid) {
  const issuer = `${origin}/${tid}/v2.0`;
  const provider = new Provider(issuer, configuration(tid));
  provider.registerGrantType(OBO, onBehalfOf(provider, issuer), ['assertion', 'requested_token_use', 'scope'], []);
  servesWhatWasConsentedTo(provider);
  provider.use(dress(tid));
  return provider.callback();
}

function discovery(origin, segment, tid) {
  const at = `${origin}/${segment}`;
  return {
    issuer: `${origin}/${tid}/v2.0`, authorization_endpoint: `${at}/oauth2/v2.0/authorize`, token_endpoint: `${at}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${at}/oauth2/v2.0/devicecode`, jwks_uri: `${at}/discovery/v2.0/keys`, end_session_endpoint: `${at}/oauth2/v2.0/logout`,
    response_types_supported: ['code'], token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
  };
}

const server = https.createServer({ key: fs.readFileSync(env.KEY_FILE), cert: fs.readFileSync(env.CERT_FILE) });
server.listen(0, '127.0.0.1', () => {
  const origin = `https://127.0.0.1:${server.address().port}`;
  const providers = new Map([...tenants.values()].map((tid) => [tid, tenantProvider(origin, tid)]));
  server.on('request', (req, res) => record.serve(req, res, () => {
    const [, segment, ...rest] = req.url.split('/');
    const shared = segment === 'common' || segment === 'organizations';
    const tid = shared ? home : tenants.get(segment) ?? segment;
    if (!providers.has(tid)) return res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: 'invalid_tenant', error_description: 'AADSTS90002: Tenant not found.' }));
    if (rest.join('/') === 'v2.0/.well-known/openid-configuration') {
      res.setHeader('content-type', 'application/json');
      return res.end(JSON.stringify(discovery(origin, shared ? segment : tid, shared ? '{tenantid}' : tid)));
    }
    req.url = `/${rest.join('/')}`;
    // Entra gives offline_access without prompt=consent, which OpenID Connect Core §11 asks for
    if (/authorize\?/.test(req.url) && !/[?&]prompt=/.test(req.url)) req.url += '&prompt=consent';
    req.originalUrl = `/${tid}${req.url}`;    // where oidc-provider finds that it is mounted below its tenant
    return providers.get(tid)(req, res);
  }));
  console.log(JSON.stringify({ ready: origin }));
});
process.stdin.on('end', () => process.exit(0)).resume();
