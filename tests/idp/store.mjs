// Everything the provider remembers, in one Map.
// oidc-provider's own memory adapter keeps the 1 000 or 2 000 records used last, so that under load a living refresh
// token would be "not found". This one keeps all, until its process ends.
export class Store {
  #records = new Map();

  // The adapter factory oidc-provider asks for, called once for each model.
  adapter = (model) => {
    const records = this.#records;
    const key = (id) => `${model}:${id}`;
    const where = async (field, value) => this.#of(model).find((record) => record[field] === value);
    return {
      upsert: async (id, payload) => { records.set(key(id), payload); },
      find: async (id) => records.get(key(id)),
      findByUid: (uid) => where('uid', uid),
      findByUserCode: (userCode) => where('userCode', userCode),
      consume: async (id) => { records.get(key(id)).consumed = Math.floor(Date.now() / 1000); },
      destroy: async (id) => { records.delete(key(id)); },
      revokeByGrantId: async (grantId) => this.#forget(model, (record) => record.grantId === grantId),
    };
  };

  // As an administrator's "revoke everything": browser sessions and pending device codes stay.
  revokeAll() {
    for (const model of ['Grant', 'RefreshToken', 'AccessToken', 'AuthorizationCode']) this.#forget(model, () => true);
  }

  #of(model) {
    return [...this.#records].filter(([name]) => name.startsWith(`${model}:`)).map(([, record]) => record);
  }

  #forget(model, matches) {
    for (const [name, record] of this.#records) {
      if (name.startsWith(`${model}:`) && matches(record)) this.#records.delete(name);
    }
  }
}
