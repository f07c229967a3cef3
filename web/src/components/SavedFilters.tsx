import { Divider, Dropdown, DropdownItem, DropdownList, MenuItemAction, MenuToggle } from '@patternfly/react-core';
import { TimesIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddress } from '../lib/address';
import { removeFilter, type Saved, savedFilters, saveFilter } from '../lib/filters';
import { FormDialog } from './dialogs';
import { useEditor } from './editor';
import { TextField } from './fields';
import { useSession } from './session';

const LONGEST_NAME = 60;

function SaveDialog({ save, close }: { save: (name: string) => void; close: () => void }) {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { name: '' },
    validate: ({ name }) => ({
      name: name.trim() && name.length <= LONGEST_NAME ? undefined : t('Enter a name of at most 60 characters.'),
    }),
    save: async ({ name }) => save(name.trim()),
    saved: t('The filters were saved'),
    onSaved: close,
  });
  return (
    <FormDialog
      title={t('Save filters')}
      description={t('Filters are saved in this browser, for your user.')}
      editor={editor}
      submit={t('Save')}
      close={close}
    >
      <TextField {...editor.field('name')} label={t('Name')} isRequired autoComplete="off" autoFocus />
    </FormDialog>
  );
}

/** The filters that the user saved for a list, and a way to save the present ones. */
export function SavedFilters({ page, names }: { page: string; names: string[] }) {
  const { t } = useTranslation();
  const { user } = useSession();
  const address = useAddress({ replace: true });
  const [saved, setSaved] = useState(() => savedFilters(user, page));
  const [open, setOpen] = useState(false);
  const [saving, setSaving] = useState(false);
  const present = new URLSearchParams(
    names.map((name) => [name, address.get(name) ?? '']).filter(([, value]) => value),
  );
  const apply = ({ search }: Saved) => {
    const wanted = new URLSearchParams(search);
    address.set(Object.fromEntries(names.map((name) => [name, wanted.get(name) ?? ''])));
    setOpen(false);
  };
  if (saved.length === 0 && present.size === 0) {
    return null;
  }
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onActionClick={(_, name) => setSaved(removeFilter(user, page, String(name)))}
        toggle={(ref) => (
          <MenuToggle ref={ref} variant="plainText" isExpanded={open} onClick={() => setOpen(!open)}>
            {t('Saved filters')}
          </MenuToggle>
        )}
      >
        <DropdownList>
          {saved.map((each) => (
            <DropdownItem
              key={each.name}
              onClick={() => apply(each)}
              actions={
                <MenuItemAction
                  icon={<TimesIcon />}
                  actionId={each.name}
                  aria-label={t('Delete filter {{name}}', { name: each.name })}
                />
              }
            >
              {each.name}
            </DropdownItem>
          ))}
          {saved.length > 0 ? <Divider component="li" /> : null}
          <DropdownItem
            isDisabled={present.size === 0}
            onClick={() => {
              setOpen(false);
              setSaving(true);
            }}
          >
            {t('Save these filters')}
          </DropdownItem>
        </DropdownList>
      </Dropdown>
      {saving ? (
        <SaveDialog
          save={(name) => setSaved(saveFilter(user, page, { name, search: present.toString() }))}
          close={() => setSaving(false)}
        />
      ) : null}
    </>
  );
}
