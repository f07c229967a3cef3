import { Button, Label } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import type { Role, User } from '../api/types';
import { AskingButton, useActions } from '../components/actions';
import { Loaded, Page, Panel } from '../components/basics';
import { type Column, inOrder, useSorting } from '../components/columns';
import { FormDialog } from '../components/dialogs';
import { useEditor } from '../components/editor';
import { FilterBar } from '../components/FilterBar';
import { CheckField, PasswordField, SelectField, TextField } from '../components/fields';
import { NodesField } from '../components/planning';
import { PERMISSIONS, ROLES } from '../components/roles';
import { SmallTable } from '../components/SmallTable';
import { Time } from '../components/Time';
import { useAddress } from '../lib/address';
import { contains } from '../lib/filters';

const SHORTEST_PASSWORD = 12;

function useUserEditor(user: User | null, close: () => void) {
  const { t } = useTranslation();
  return useEditor({
    initial: {
      name: user?.name ?? '',
      password: '',
      role: user?.role ?? 'viewer',
      allNodes: user?.allNodes ?? true,
      nodes: user?.nodes ?? [],
      disabled: user?.disabled ?? false,
    },
    validate: ({ name, password }) =>
      user
        ? {}
        : {
            name: name ? undefined : t('Enter a name.'),
            password:
              password.length < SHORTEST_PASSWORD ? t('The password must have at least 12 characters.') : undefined,
          },
    save: async ({ name, password, role, disabled, ...chosen }) => {
      const allNodes = chosen.allNodes || role === 'administrator';
      const scope = { allNodes, nodes: allNodes ? [] : chosen.nodes };
      await (user
        ? client.PUT('/users/{name}', { params: { path: { name } }, body: { role, ...scope, disabled } })
        : client.POST('/users', { body: { name, password, role, ...scope } }));
    },
    saved: user ? t('The user was changed') : t('The user was created'),
    onSaved: close,
  });
}

/** What a role may do, and what not, in words. */
function RoleWords({ role }: { role?: Role }) {
  const { t } = useTranslation();
  const all = Object.entries(PERMISSIONS);
  const lists = [
    { title: t('This role may:'), permissions: all.filter(([each]) => role?.permissions.includes(each)) },
    { title: t('It may not:'), permissions: all.filter(([each]) => !role?.permissions.includes(each)) },
  ];
  return (
    <div className="hf-role">
      {lists
        .filter(({ permissions }) => permissions.length > 0)
        .map(({ title, permissions }) => (
          <div key={title}>
            <p>{title}</p>
            <ul>
              {permissions.map(([each, words]) => (
                <li key={each}>{t(words)}</li>
              ))}
            </ul>
          </div>
        ))}
    </div>
  );
}

/** What is to be known of the nodes that a user sees. */
function NodesOfUser({ editor }: { editor: ReturnType<typeof useUserEditor> }) {
  const { t } = useTranslation();
  const { draft, field } = editor;
  return draft.role === 'administrator' ? (
    <p className="hf-subtle">{t('Administrators see all nodes.')}</p>
  ) : (
    <NodesField
      {...field('nodes')}
      label={t('Visible nodes')}
      help={t('The permissions of the role apply to these nodes only.')}
      all={{ ...field('allNodes'), label: t('All nodes, including future ones') }}
    />
  );
}

function UserDialog({ user, roles, close }: { user: User | null; roles: Role[]; close: () => void }) {
  const { t } = useTranslation();
  const editor = useUserEditor(user, close);
  const { draft, field } = editor;
  return (
    <FormDialog
      variant="medium"
      title={user ? user.name : t('New user')}
      help="people"
      editor={editor}
      submit={t('Save')}
      close={close}
    >
      {user ? null : (
        <>
          <TextField {...field('name')} label={t('Name')} isRequired autoComplete="off" />
          <PasswordField
            {...field('password')}
            label={t('Initial password (at least 12 characters)')}
            isRequired
            autoComplete="new-password"
          />
        </>
      )}
      <SelectField
        {...field('role')}
        label={t('Role')}
        options={Object.entries(ROLES).map(([role, text]) => [role, t(text)])}
      />
      <RoleWords role={roles.find((each) => each.name === draft.role)} />
      <NodesOfUser editor={editor} />
      {user ? <CheckField {...field('disabled')} label={t('Disabled (cannot sign in)')} /> : null}
    </FormDialog>
  );
}

function UserActions({ user, edit }: { user: User; edit: () => void }) {
  const { t } = useTranslation();
  const { act, ask } = useActions();
  const path = { params: { path: { name: user.name } } };
  const remove = async () => {
    const sure = await ask({
      title: t('Delete user {{user}}?', { user: user.name }),
      text: <p>{t('All sessions and tokens of the user are revoked immediately.')}</p>,
      word: user.name,
      button: t('Delete'),
    });
    if (sure) {
      await act(() => client.DELETE('/users/{name}', path), t('The user was deleted'));
    }
  };
  return (
    <span className="hf-inline">
      <Button size="sm" variant="secondary" onClick={edit} aria-label={t('Edit {{user}}', { user: user.name })}>
        {t('Edit')}
      </Button>
      {user.secondFactor ? (
        <AskingButton
          size="sm"
          variant="link"
          question={{
            title: t('Remove the second factor of {{user}}?', { user: user.name }),
            text: (
              <p>
                {t(
                  'The password alone is enough to sign in until the user sets up a new second factor. Make sure that the user made this request.',
                )}
              </p>
            ),
            word: user.name,
            button: t('Remove second factor'),
          }}
          run={() => client.DELETE('/users/{name}/second-factor', path)}
          success={t('The second factor was removed')}
        >
          {t('Remove second factor')}
        </AskingButton>
      ) : null}
      <Button
        size="sm"
        variant="link"
        isDanger
        onClick={() => void remove()}
        aria-label={t('Delete {{user}}', { user: user.name })}
      >
        {t('Delete')}
      </Button>
    </span>
  );
}

function useColumns(edit: (user: User) => void): Column<User>[] {
  const { t } = useTranslation();
  const nodes = (user: User) => (user.allNodes ? t('All nodes') : user.nodes.join(', ') || t('No nodes'));
  const role = (user: User) => t(ROLES[user.role] ?? user.role);
  const factor = (user: User) => (user.secondFactor ? t('Enabled') : t('None'));
  return [
    {
      title: t('User'),
      id: 'name',
      sort: (user) => user.name,
      cell: (user) => (
        <>
          {user.name} {user.disabled ? <Label isCompact>{t('Disabled')}</Label> : null}
        </>
      ),
    },
    { title: t('Role'), id: 'role', sort: role, cell: role },
    { title: t('Nodes'), rest: 'cut', id: 'nodes', sort: nodes, cell: nodes },
    {
      title: t('Second factor'),
      id: 'factor',
      sort: factor,
      cell: (user) => (
        <Label isCompact variant="outline" status={user.secondFactor ? 'success' : 'warning'}>
          {factor(user)}
        </Label>
      ),
    },
    {
      title: t('Created'),
      id: 'created',
      sort: (user) => user.createdAt,
      cell: (user) => <Time at={user.createdAt} />,
    },
    {
      title: t('Actions'),
      hiddenTitle: true,
      cell: (user) => <UserActions user={user} edit={() => edit(user)} />,
    },
  ];
}

function UserTable({ all, edit }: { all: User[]; edit: (user: User) => void }) {
  const { t } = useTranslation();
  const address = useAddress();
  const columns = useColumns(edit);
  const sorting = useSorting({ by: 'name', down: false });
  const role = address.get('role') ?? '';
  const left = all.filter(
    (user) => contains(address.get('text') ?? '', user.name, ...user.nodes) && (!role || user.role === role),
  );
  const rows = inOrder(left, columns, sorting);
  return (
    <>
      <FilterBar
        page="users"
        filters={[
          { name: 'text', kind: 'text', label: t('Find users') },
          {
            name: 'role',
            kind: 'choice',
            label: t('Role'),
            none: t('All roles'),
            options: Object.entries(ROLES).map(([each, text]) => [each, t(text)]),
          },
        ]}
        columns={columns}
        sorting={sorting}
        exported={{ rows }}
        count={rows.length}
        of={all.length}
      />
      <SmallTable label={t('Users')} sorting={sorting} rows={rows} rowKey={(user) => user.name} columns={columns} />
    </>
  );
}

export default function Users() {
  const { t } = useTranslation();
  const users = api.useQuery('get', '/users');
  // undefined: no dialog; null: a new user.
  const [editing, setEditing] = useState<User | null | undefined>(undefined);
  return (
    <Page title={t('Users')} actions={<Button onClick={() => setEditing(null)}>{t('New user')}</Button>}>
      <Panel>
        <Loaded query={users}>{({ users: all }) => <UserTable all={all} edit={setEditing} />}</Loaded>
      </Panel>
      {editing === undefined ? null : (
        <UserDialog user={editing} roles={users.data?.roles ?? []} close={() => setEditing(undefined)} />
      )}
    </Page>
  );
}
