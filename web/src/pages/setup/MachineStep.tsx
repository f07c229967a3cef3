import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import type { Node } from '../../api/types';
import { Loaded } from '../../components/basics';
import { AddMachine } from '../protect/AddMachine';
import { Protect } from '../protect/Protect';

function Begin({ nodes }: { nodes: Node[] }) {
  const { t } = useTranslation();
  // As it was when the step began: what happens in it changes the nodes.
  const [unplanned] = useState(() => nodes.find((node) => node.active && node.plans.length === 0));
  return unplanned ? (
    <Protect node={unplanned} />
  ) : (
    <>
      <p>{t('The first machine is enrolled, gets a plan, and is backed up.')}</p>
      <AddMachine />
    </>
  );
}

/** The first machine: enrolled, with a plan, and backed up. */
export function MachineStep() {
  const nodes = api.useQuery('get', '/nodes');
  return <Loaded query={nodes}>{(data) => <Begin nodes={data.nodes} />}</Loaded>;
}
