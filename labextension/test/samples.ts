import addresses from '../../tests/security/addresses.json';
import hostile from '../../tests/security/hostile.json';
import type { InteractionModel } from '../src/interaction/model';

export const NOW = 1_800_000_000;

type Changes = Partial<Omit<InteractionModel, 'requested_by'>> & {
  requested_by?: Partial<InteractionModel['requested_by']>;
};

/** An interaction as the server sends it, with the given fields changed. */
export function sample({ requested_by = {}, ...changes }: Changes = {}): InteractionModel {
  return {
    id: 'int-1',
    profile: 'graph',
    title: 'Contoso Notebooks',
    client_id: '6b1e',
    issuer: 'https://login.microsoftonline.com/contoso.com/v2.0',
    tenant: 'contoso.com',
    scopes: ['openid', 'User.Read', 'Files.Read'],
    scope_titles: {},
    flow: 'device_code',
    state: 'pending',
    slow: false,
    user_code: 'D7KX-92QP',
    verification_uri: 'https://microsoft.com/devicelogin',
    verification_uri_complete: 'https://microsoft.com/devicelogin?otc=D7KX-92QP',
    authorization_uri: null,
    created_on: NOW,
    expires_on: NOW + 900,
    username: null,
    reason: null,
    message: null,
    hint: null,
    requested_by: {
      notebook: 'projects/2026/sales-forecast.ipynb',
      kernel_id: '7f0c',
      kernel_name: 'Python 3 (ipykernel)',
      waiting: 1,
      ...requested_by
    },
    ...changes
  };
}

/** The same as in tests/unit/ui/hostile.py. */
export const HOSTILE = [...Object.values(hostile), 'a\ud800b', 'x'.repeat(5000)];

export const UNSAFE = addresses.unsafe.filter(url => typeof url === 'string' && url !== '') as string[];
