import type { NewVault, VaultPolicy } from '../../api/types';
import { LIMIT } from '../../lib/week';

/** What a form knows of a vault that is to be set. */
export type Draft = {
  name: string;
  kind: 'oss' | 'directory';
  directory: string;
  bucket: string;
  prefix: string;
  region: string;
  network: 'public' | 'internal' | 'accelerate';
  endpoint: string;
  addressing: 'host' | 'path' | 'custom_domain';
  proxy: string;
  keyId: string;
  keySecret: string;
  when: 'IMMEDIATELY' | 'MANUALLY';
  storageClass: VaultPolicy['containerClass'];
  windows: string[];
  limits: string[];
};

export const EMPTY: Draft = {
  name: 'vault',
  kind: 'oss',
  directory: '',
  bucket: '',
  prefix: '',
  region: '',
  network: 'public',
  endpoint: '',
  addressing: 'host',
  proxy: '',
  keyId: '',
  keySecret: '',
  when: 'IMMEDIATELY',
  storageClass: 'STANDARD',
  windows: [],
  limits: [],
};

export function bandwidthOf(limits: string[]): VaultPolicy['bandwidth'] {
  return limits.map((line) => {
    const form = LIMIT.exec(line);
    return { hours: form?.[1] ?? '', bytesPerSecond: Math.round(Number(form?.[2] ?? 0) * 1e6) };
  });
}

/** What the appliance is asked to try, or to set. */
export function bodyOf(draft: Draft, dryRun: boolean): NewVault {
  const oss = draft.kind === 'oss';
  const prefix = draft.prefix.replace(/^\/+|\/+$/g, '');
  return {
    address: oss
      ? {
          url: `oss://${draft.bucket}${prefix ? `/${prefix}` : ''}`,
          region: draft.region,
          network: draft.network,
          endpoint: draft.endpoint || null,
          addressing: draft.addressing,
          proxy: draft.proxy || null,
        }
      : { url: `file://${draft.directory.split('/').map(encodeURIComponent).join('/')}` },
    credentials: oss ? { accessKeyId: draft.keyId, accessKeySecret: draft.keySecret } : null,
    policy: {
      when: draft.when,
      windows: draft.windows,
      bandwidth: bandwidthOf(draft.limits),
      leastAgeSeconds: 0,
      nodes: [],
      containerClass: draft.storageClass,
      colder: [],
      parallelParts: 4,
      evictAbove: 100,
    },
    dryRun,
  };
}
