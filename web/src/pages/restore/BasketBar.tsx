import { Button, ExpandableSection, Label } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { type Basket, bySnapshot, type Item, setBasket } from '../../lib/baskets';
import { bytes } from '../../lib/format';
import { isFile, Kind } from './Files';

const SHOWN = 200;

/** The selected items, from whatever folders and points in time, and what can be done with them. */
export function BasketBar({
  node,
  basket,
  here,
  restore,
}: {
  node: string;
  basket: Basket;
  /** The point in time that is shown. */
  here: { snapshot: string; taken: string };
  restore: () => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const files = basket.filter((each) => isFile(each.entry));
  const times = bySnapshot(basket);
  const elsewhere = times.some((each) => each.snapshot !== here.snapshot);
  const remove = (item: Item) =>
    setBasket(
      node,
      basket.filter((each) => each !== item),
    );
  return (
    <section className="hf-basket" aria-label={t('Selection')}>
      <div className="hf-inline" role="status">
        {basket.length === 0 ? (
          <span className="hf-subtle">{t('Select files or folders to restore.')}</span>
        ) : (
          <Label isCompact onClose={() => setBasket(node, [])} closeBtnAriaLabel={t('Clear selection')}>
            {t('{{count}} selected', { count: basket.length })}
            {files.length === basket.length ? `, ${bytes(files.reduce((sum, each) => sum + each.entry.size, 0))}` : ''}
          </Label>
        )}
        {times.length > 1 ? <span>{t('from {{count}} points in time', { count: times.length })}</span> : null}
        {may('RESTORE') ? (
          <Button isDisabled={basket.length === 0} onClick={restore}>
            {t('Restore…')}
          </Button>
        ) : null}
        {elsewhere ? (
          <Button
            variant="secondary"
            onClick={() =>
              setBasket(
                node,
                basket.map((each) => ({ ...each, ...here })),
              )
            }
          >
            {t('Use the point in time shown for all items')}
          </Button>
        ) : null}
      </div>
      {basket.length > 0 ? (
        <ExpandableSection
          toggleText={open ? t('Hide the selected items') : t('Show the selected items')}
          isExpanded={open}
          onToggle={(_, expanded) => setOpen(expanded)}
        >
          <ul className="hf-basket-items">
            {basket.slice(0, SHOWN).map((each) => (
              <li key={each.entry.path} className="hf-inline">
                <Kind entry={each.entry} />
                <code>{each.entry.path}</code>
                <Time exact at={each.taken} />
                <Button variant="link" isInline onClick={() => remove(each)}>
                  {t('Remove')}
                </Button>
              </li>
            ))}
          </ul>
          {basket.length > SHOWN ? '…' : null}
        </ExpandableSection>
      ) : null}
    </section>
  );
}
