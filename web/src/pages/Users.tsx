import {
  Button,
  Card,
  CardBody,
  Checkbox,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Label,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import type { User } from '../api/types';
import { useActs } from '../components/acts';
import { Loaded, Page, Time } from '../components/basics';
import { ROLES } from '../components/Shell';

function UserDialog({ user, close }: { user: User | null; close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const all = api.useQuery('get', '/nodes');
  const [name, setName] = useState(user?.name ?? '');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState(user?.role ?? 'viewer');
  const [allNodes, setAllNodes] = useState(user?.allNodes ?? true);
  const [nodes, setNodes] = useState(user?.nodes ?? []);
  const [disabled, setDisabled] = useState(user?.disabled ?? false);
  const every = allNodes || role === 'administrator';
  const scope = { allNodes: every, nodes: every ? [] : nodes };
  const save = async () => {
    const done = await act(
      () =>
        user
          ? client.PUT('/users/{name}', { params: { path: { name } }, body: { role, ...scope, disabled } })
          : client.POST('/users', { body: { name, password, role, ...scope } }),
      user ? t('{{user}} was changed', { user: name }) : t('{{user}} was made', { user: name }),
    );
    if (done) {
      close();
    }
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="user-title">
      <ModalHeader labelId="user-title" title={user ? user.name : t('New user')} />
      <ModalBody>
        <Form id="user-form" onSubmit={(event) => event.preventDefault()}>
          {user ? null : (
            <>
              <FormGroup label={t('Name')} isRequired fieldId="user-name">
                <TextInput id="user-name" autoComplete="off" value={name} onChange={(_, value) => setName(value)} />
              </FormGroup>
              <FormGroup label={t('First password, 12 characters at least')} isRequired fieldId="user-password">
                <TextInput
                  id="user-password"
                  type="password"
                  autoComplete="new-password"
                  value={password}
                  onChange={(_, value) => setPassword(value)}
                />
              </FormGroup>
            </>
          )}
          <FormGroup label={t('Role')} fieldId="user-role">
            <FormSelect id="user-role" value={role} onChange={(_, value) => setRole(value)}>
              {Object.entries(ROLES).map(([each, text]) => (
                <FormSelectOption key={each} value={each} label={t(text)} />
              ))}
            </FormSelect>
          </FormGroup>
          {role === 'administrator' ? null : (
            <FormGroup label={t('Sees these nodes')} role="group" fieldId="user-nodes">
              <Checkbox
                id="user-all-nodes"
                label={t('All nodes, and those to come')}
                isChecked={allNodes}
                onChange={(_, checked) => setAllNodes(checked)}
              />
              {(all.data?.nodes ?? []).map((node) => (
                <Checkbox
                  key={node.name}
                  id={`user-node-${node.name}`}
                  label={node.name}
                  isDisabled={allNodes}
                  isChecked={allNodes || nodes.includes(node.name)}
                  onChange={(_, checked) =>
                    setNodes(checked ? [...nodes, node.name] : nodes.filter((each) => each !== node.name))
                  }
                />
              ))}
            </FormGroup>
          )}
          {user ? (
            <Checkbox
              id="user-disabled"
              label={t('Disabled: cannot sign in')}
              isChecked={disabled}
              onChange={(_, checked) => setDisabled(checked)}
            />
          ) : null}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button isDisabled={!user && (!name || !password)} onClick={() => void save()}>
          {t('Save')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

export default function Users() {
  const { t } = useTranslation();
  const { act, ask } = useActs();
  const users = api.useQuery('get', '/users');
  const [editing, setEditing] = useState<User | null | undefined>(undefined);
  const remove = async (name: string) => {
    const sure = await ask({
      title: t('Remove {{user}}?', { user: name }),
      text: <p>{t('Sessions and tokens end at once.')}</p>,
      word: name,
      button: t('Remove'),
    });
    if (sure) {
      await act(() => client.DELETE('/users/{name}', { params: { path: { name } } }), t('The user was removed'));
    }
  };
  return (
    <Page title={t('Users')} actions={<Button onClick={() => setEditing(null)}>{t('New user')}</Button>}>
      <Card>
        <CardBody className="hf-scroll">
          <Loaded query={users}>
            {({ users: all }) => (
              <Table variant="compact" aria-label={t('Users')}>
                <Thead>
                  <Tr>
                    <Th>{t('User')}</Th>
                    <Th>{t('Role')}</Th>
                    <Th>{t('Nodes')}</Th>
                    <Th>{t('Second factor')}</Th>
                    <Th>{t('Made')}</Th>
                    <Th screenReaderText={t('Actions')} />
                  </Tr>
                </Thead>
                <Tbody>
                  {all.map((user) => (
                    <Tr key={user.name}>
                      <Td>
                        {user.name} {user.disabled ? <Label isCompact>{t('disabled')}</Label> : null}
                      </Td>
                      <Td>{t(ROLES[user.role] ?? user.role)}</Td>
                      <Td>{user.allNodes ? t('all nodes') : user.nodes.join(', ') || t('no node')}</Td>
                      <Td>
                        <Label isCompact variant="outline" status={user.secondFactor ? 'success' : 'warning'}>
                          {user.secondFactor ? t('set') : t('none')}
                        </Label>
                      </Td>
                      <Td>
                        <Time at={user.createdAt} />
                      </Td>
                      <Td>
                        <span className="hf-inline">
                          <Button
                            size="sm"
                            variant="secondary"
                            onClick={() => setEditing(user)}
                            aria-label={t('Change {{user}}', { user: user.name })}
                          >
                            {t('Change')}
                          </Button>
                          {user.secondFactor ? (
                            <Button
                              size="sm"
                              variant="link"
                              onClick={() =>
                                void act(
                                  () =>
                                    client.DELETE('/users/{name}/second-factor', {
                                      params: { path: { name: user.name } },
                                    }),
                                  t('The second factor was taken away'),
                                )
                              }
                            >
                              {t('Second factor lost')}
                            </Button>
                          ) : null}
                          <Button
                            size="sm"
                            variant="link"
                            isDanger
                            onClick={() => void remove(user.name)}
                            aria-label={t('Remove {{user}}', { user: user.name })}
                          >
                            {t('Remove')}
                          </Button>
                        </span>
                      </Td>
                    </Tr>
                  ))}
                </Tbody>
              </Table>
            )}
          </Loaded>
        </CardBody>
      </Card>
      {editing === undefined ? null : <UserDialog user={editing} close={() => setEditing(undefined)} />}
    </Page>
  );
}
