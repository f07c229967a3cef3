import { administration } from './administration';
import { audit } from './audit';
import { common } from './common';
import { configuring } from './configuring';
import { damage } from './damage';
import { hardware } from './hardware';
import { health } from './health';
import { machine } from './machine';
import { monitoring } from './monitoring';
import { nodes } from './nodes';
import { plans } from './plans';
import { protect } from './protect';
import { reports } from './reports';
import { restore } from './restore';
import { rights } from './rights';
import { setup } from './setup';
import { tables } from './tables';
import { vaults } from './vaults';

/** Simplified Chinese, by the English text. Texts used by several areas are in `common`. */
export const zh: Record<string, string> = {
  ...administration,
  ...audit,
  ...common,
  ...configuring,
  ...damage,
  ...hardware,
  ...health,
  ...machine,
  ...monitoring,
  ...nodes,
  ...plans,
  ...protect,
  ...reports,
  ...restore,
  ...rights,
  ...setup,
  ...tables,
  ...vaults,
};
