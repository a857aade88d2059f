// The tests' identity provider: oidc-provider on 127.0.0.1, any user name and password, and a control API (control.mjs).
// Environment: PORT (0 picks a free one), AT_TTL, DC_TTL (seconds), REDIRECT_URIS (comma separated), CLIENT_SECRET,
// CLIENT_JWKS (the public keys of a client nb-key, which there is then), REQUIRE_PAR=1 (RFC 9126 for everybody),
// EXIT_WITH_STDIN=1 (end when the parent does). Prints one JSON line, {"ready": issuer}, when it answers.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';
import { Provider, errors } from 'oidc-provider';
import { Control } from './control.mjs';
import { DOWNSTREAM, EXCHANGE, registerTokenExchange } from './exchange.mjs';
import { Store } from './store.mjs';

const { env } = process;
const API = 'https://api.example/';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const PERSONAL = ['authorization_code', 'refresh_token', DEVICE];
const redirect_uris = (env.REDIRECT_URIS || 'http://127.0.0.1/jupyter_auth/v1/callback').split(',');

const store = new Store();
const control = new Control(store, { at_ttl: Number(env.AT_TTL || 3600), dc_ttl: Number(env.DC_TTL || 600) });

function client(client_id, grant_types, more) {
  // native: a loopback redirect URI then matches at any port (RFC 8252 §7.3)
  return { client_id, grant_types, redirect_uris, response_types: ['code'], application_type: 'native', ...more };
}

function resourceServerInfo(audience) {
  const { at_ttl } = control.settings;
  return { scope: 'read write', audience, accessTokenTTL: at_ttl, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
}

function findAccount(_ctx, login) {
  const name = login.charAt(0).toUpperCase() + login.slice(1);
  const claims = { sub: login, name, preferred_username: login, email: `${login}@example.test` };
  return { accountId: login, claims: async () => claims };
}

function signingKey() {
  // a key of its own for each process, so that a token of one provider is never good at another
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
}

const configuration = {
  adapter: store.adapter,
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  clients: [
    client('nb-public', PERSONAL, { token_endpoint_auth_method: 'none' }),
    client('nb-confidential', [...PERSONAL, 'client_credentials', EXCHANGE], { client_secret: env.CLIENT_SECRET || randomBytes(32).toString('hex') }),
    ...(env.CLIENT_JWKS ? [client('nb-key', [...PERSONAL, 'client_credentials'], { token_endpoint_auth_method: 'private_key_jwt', jwks: JSON.parse(env.CLIENT_JWKS) })] : []),
  ],
  scopes: ['openid', 'offline_access', 'profile', 'email', 'lake.read', 'lake.write'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
  conformIdTokenClaims: false,                    // names in the id token too, not only at userinfo
  pkce: { required: () => true },
  rotateRefreshToken: () => control.settings.rotate,
  ttl: {
    AccessToken: () => control.settings.at_ttl,
    ClientCredentials: () => control.settings.at_ttl,
    DeviceCode: () => control.settings.dc_ttl,
  },
  features: {
    deviceFlow: { enabled: true, mask: '****-****' },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: Boolean(env.REQUIRE_PAR) },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => undefined,     // no `resource`: an opaque access token, good at userinfo
      useGrantedResource: async () => true,       // the one of the device or code request carries over to the token request
      getResourceServerInfo: async (_ctx, resource) => {
        if (resource !== API && resource !== DOWNSTREAM) throw new errors.InvalidTarget();
        return resourceServerInfo(resource);
      },
    },
  },
  findAccount,
};

// The issuer names the port, so that the provider can only be made once the port is known.
const server = http.createServer();
server.listen(Number(env.PORT || 0), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  registerTokenExchange(provider, resourceServerInfo);
  provider.use(control.serve);
  provider.use(control.watch);
  server.on('request', provider.callback());
  console.log(JSON.stringify({ ready: issuer }));
});

if (env.EXIT_WITH_STDIN) process.stdin.on('end', () => process.exit(0)).resume();
