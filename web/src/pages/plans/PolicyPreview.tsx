import { Alert, Button, Label } from '@patternfly/react-core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { Policy } from '../../api/types';
import { Panel } from '../../components/basics';
import { Time } from '../../components/Time';
import { VirtualTable } from '../../components/VirtualTable';
import { bytes } from '../../lib/format';
import { reason } from '../../lib/retention';

/** Shows which existing snapshots a policy would keep. */
export function PolicyPreview({ policy, nodes }: { policy: Policy; nodes: string[] }) {
  const { t } = useTranslation();
  const preview = useMutation({
    mutationFn: async () => (await client.POST('/policies/preview', { body: { policy, nodes } })).data,
  });
  return (
    <Panel className="hf-wide" title={t('Preview')}>
      <div className="hf-inline">
        <Button
          variant="secondary"
          isLoading={preview.isPending}
          onClick={() => preview.mutate()}
          isDisabled={nodes.length === 0}
        >
          {t('Preview on existing snapshots')}
        </Button>
        <span className="hf-subtle">{t('The preview does not change anything.')}</span>
      </div>
      {preview.isError ? <Alert isInline variant="danger" title={preview.error.message} component="h3" /> : null}
      {preview.data ? (
        <>
          <p role="status">
            {t('Snapshots kept: {{stay}}, deleted: {{go}}. At least {{bytes}} are freed.', {
              stay: preview.data.stay,
              go: preview.data.go,
              bytes: bytes(preview.data.freedBytes),
            })}
          </p>
          <VirtualTable
            label={t('Snapshots')}
            height="45vh"
            rows={preview.data.snapshots}
            rowKey={(row) => row.id}
            columns={[
              { title: t('Node'), cell: (row) => row.node },
              { title: t('Created'), cell: (row) => <Time exact at={row.taken} /> },
              {
                title: t('Result'),
                cell: (row) => (
                  <Label isCompact status={row.reasons.length > 0 ? 'success' : 'warning'}>
                    {row.reasons.length > 0 ? t('Kept') : t('Deleted')}
                  </Label>
                ),
              },
              { title: t('Reason'), rest: 'cut', cell: (row) => row.reasons.map((each) => reason(each, t)).join(', ') },
            ]}
          />
        </>
      ) : null}
    </Panel>
  );
}
