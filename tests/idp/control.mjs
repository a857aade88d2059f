// What a test may turn on the running provider, and what it may read back. No secret ever enters the log; those that
// were given out are told apart, to who has to know them so that they can be looked for.
import * as querystring from 'node:querystring';
import { setTimeout as sleep } from 'node:timers/promises';

const ENDPOINTS = {
  '/token': 'token',
  '/device/auth': 'device_authorization',
  '/token/revocation': 'revocation',
  '/.well-known/openid-configuration': 'discovery',
  '/.well-known/oauth-authorization-server': 'discovery',
};
const SECRETS = ['access_token', 'device_code', 'id_token', 'refresh_token'];
const FAILURE = { status: 500, body: '', content_type: 'application/json', headers: {}, count: 1, grant_type: null };

function merged(defaults, changes, what) {
  const unknown = Object.keys(changes).filter((name) => !(name in defaults));
  if (unknown.length) throw new RangeError(`unknown ${what}: ${unknown.join(', ')}; known: ${Object.keys(defaults).join(', ')}`);
  return { ...defaults, ...changes };
}

async function readBody(ctx) {
  const chunks = [];
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export class Control {
  #initial;
  #issued = Object.fromEntries(SECRETS.map((kind) => [kind, []]));
  #log = [];
  #store;

  constructor(store, { at_ttl, dc_ttl }) {
    this.#store = store;
    this.#initial = { at_ttl, dc_ttl, hold_ms: 0, fail: null, issue_id_token_on_refresh: true, rotate: true, interval: null };
    this.settings = { ...this.#initial };
  }

  // Koa middleware: notes each request to a watched endpoint, and answers, trims or holds it as a test asked.
  watch = async (ctx, next) => {
    const endpoint = ENDPOINTS[ctx.path];
    if (!endpoint || ctx.method === 'OPTIONS') return next();
    const at = Date.now() / 1000;
    const hold = this.settings.hold_ms;
    const planned = endpoint === 'token' && this.settings.fail ? await this.#plannedFailure(ctx) : null;
    if (planned) this.#answer(ctx, planned.failure);
    else await next();
    const form = planned?.form ?? ctx.oidc?.body ?? {};
    const refresh = endpoint === 'token' && form.grant_type === 'refresh_token';
    if (refresh && !this.settings.issue_id_token_on_refresh) delete ctx.body?.id_token;
    if (endpoint === 'device_authorization' && this.settings.interval && ctx.status === 200) ctx.body.interval = this.settings.interval;
    this.#note(ctx, { endpoint, at }, form);
    for (const kind of SECRETS) if (ctx.body?.[kind]) this.#issued[kind].push(ctx.body[kind]);
    if (refresh && hold > 0) await sleep(hold);
  };

  // Koa middleware: the control API itself.
  serve = async (ctx, next) => {
    if (!ctx.path.startsWith('/_control/')) return next();
    const verbs = {
      'GET alive': () => ({ alive: true, pid: process.pid }),
      'GET log': () => this.#log,
      'GET issued': () => this.#issued,
      'POST set': async () => this.#set(JSON.parse(await readBody(ctx))),
      'POST reset': () => { this.#log = []; this.settings = { ...this.#initial }; return this.settings; },
      'POST reset_log': () => { this.#log = []; return {}; },
      'POST revoke_all': () => { this.#store.revokeAll(); return {}; },
    };
    const verb = verbs[`${ctx.method} ${ctx.path.slice('/_control/'.length)}`];
    if (!verb) ctx.throw(404, `no such control: ${ctx.method} ${ctx.path}`);
    try {
      ctx.body = await verb();
    } catch (error) {
      ctx.throw(400, error.message);
    }
  };

  #set(changes) {
    const settings = merged(this.settings, changes, 'setting');
    if (changes.fail) settings.fail = merged(FAILURE, changes.fail, 'field of fail');
    this.settings = settings;
    return settings;
  }

  // Reading the form here means oidc-provider must be given it back, if the request is not the one to fail.
  async #plannedFailure(ctx) {
    const text = await readBody(ctx);
    const form = querystring.parse(text);
    const failure = this.settings.fail;
    if (!failure || (failure.grant_type && failure.grant_type !== form.grant_type)) {
      ctx.req.body = text;
      return null;
    }
    if (failure.count !== null) {
      const count = failure.count - 1;
      this.settings.fail = count > 0 ? { ...failure, count } : null;
    }
    return { failure, form };
  }

  #answer(ctx, { status, body, content_type, headers }) {
    ctx.status = status;
    ctx.state.failure = body;
    ctx.body = typeof body === 'string' ? body : JSON.stringify(body);
    ctx.set(headers);
    if (content_type) ctx.set('Content-Type', content_type);
    else ctx.remove('Content-Type');
  }

  #note(ctx, { endpoint, at }, { grant_type = null, scope = null, claims = null }) {
    const answer = ctx.state.failure ?? ctx.body;
    const body = typeof answer === 'object' && answer !== null ? answer : {};
    this.#log.push({
      endpoint, path: ctx.path, at, grant_type, scope, claims,
      client_id: ctx.oidc?.client?.clientId ?? null,
      status: ctx.status,
      ok: endpoint === 'token' ? 'access_token' in body : ctx.status === 200,
      error: body.error ?? null,
    });
  }
}
