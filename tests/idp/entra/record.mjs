// What comes in over the wire, as a test reads it back, and answers that a test has planned. The provider is the tests' own:
// what it records holds test secrets only.
import * as querystring from 'node:querystring';

const WATCHED = /\/oauth2\/v2\.0\/(token|devicecode|authorize|logout)$/;

async function text(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const DEFAULTS = { at_ttl: 3600 };    // seconds

export class Record {
  settings = { ...DEFAULTS };
  #seen = [];
  #planned = [];
  #revokeAll;

  constructor(revokeAll) { this.#revokeAll = revokeAll; }

  async serve(req, res, next) {
    const url = new URL(req.url, 'https://127.0.0.1');
    if (url.pathname.startsWith('/_control/')) return this.#control(req, res, url.pathname.slice('/_control/'.length));
    const endpoint = WATCHED.exec(url.pathname)?.[1];
    if (!endpoint) return next();
    if (req.method === 'POST' && endpoint !== 'authorize') req.body = await text(req);    // oidc-provider takes it from there
    const form = querystring.parse(req.body ?? url.search.slice(1));
    this.#seen.push({ endpoint, tenant: url.pathname.split('/')[1], form, headers: req.headers });
    const at = this.#planned.findIndex((answer) => answer.endpoint === endpoint);
    if (at < 0) return next();
    const [{ status = 400, body, content_type = 'application/json', headers = {} }] = this.#planned.splice(at, 1);
    return res.writeHead(status, { 'content-type': content_type, ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  async #control(req, res, verb) {
    if (verb === 'plan') this.#planned.push(JSON.parse(await text(req)));
    if (verb === 'set') Object.assign(this.settings, JSON.parse(await text(req)));
    if (verb === 'reset') { this.#seen = []; this.#planned = []; this.settings = { ...DEFAULTS }; }
    if (verb === 'revoke_all') this.#revokeAll();
    res.setHeader('content-type', 'application/json');
    return res.end(JSON.stringify({ seen: this.#seen, planned: this.#planned.length }));
  }
}
