import type { Resource } from './types';

/** What each event concerns, by the topic in its schema's id. */
const CONCERNS: Record<string, readonly Resource[]> = {
  interactions: ['interactions'],
  accounts: ['accounts', 'cache', 'status'],
  cache: ['cache', 'accounts', 'status'],
  kernels: ['kernels', 'cache', 'status']
};

/** The resources that an event concerns; none where it is not one of ours. */
export function concernedBy(schemaId: unknown): readonly Resource[] {
  const topic = /\/jupyter_auth\/(\w+)\/v1$/.exec(String(schemaId))?.[1];
  return (topic !== undefined && CONCERNS[topic]) || [];
}
