import {
  Banner,
  Dropdown,
  DropdownItem,
  DropdownList,
  Label,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  MenuToggle,
  Nav,
  NavGroup,
  NavItem,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core';
import { BarsIcon } from '@patternfly/react-icons';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { client } from '../api/client';
import { useLive } from '../api/live';
import { msg } from '../i18n';
import { useActions } from './actions';
import { Logo } from './Logo';
import { LanguageMenu, ThemeButton } from './preferences';
import { ROLES } from './roles';
import { useMay, useSession } from './session';

/** The menu. Each path is a route in App.tsx. */
const GROUPS = [
  {
    title: msg('Monitoring'),
    pages: [
      ['/', msg('Overview')],
      ['/tasks', msg('Tasks')],
      ['/events', msg('Events')],
    ],
  },
  {
    title: msg('Protection'),
    pages: [
      ['/nodes', msg('Nodes')],
      ['/plans', msg('Plans and policies')],
      ['/restore', msg('Restore')],
    ],
  },
  {
    title: msg('Data storage'),
    pages: [
      ['/storage', msg('Storage')],
      ['/vaults', msg('Vaults')],
      ['/hardware', msg('Hardware')],
    ],
  },
  {
    title: msg('Administration'),
    pages: [
      ['/users', msg('Users')],
      ['/audit', msg('Audit log')],
      ['/settings', msg('Settings')],
    ],
  },
] as const;

const NEEDED: Record<string, string> = { '/users': 'USERS', '/audit': 'AUDIT', '/restore': 'BROWSE' };

function AccountMenu({ signedOut }: { signedOut: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { act } = useActions();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const signOut = async () => {
    if (await act(() => client.DELETE('/session'), '')) {
      signedOut();
    }
  };
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      popperProps={{ position: 'right' }}
      toggle={(ref) => (
        <MenuToggle ref={ref} variant="plainText" isExpanded={open} onClick={() => setOpen(!open)}>
          {session.user}
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem
          isDisabled
          description={session.allNodes ? t('all nodes') : session.nodes.join(', ') || t('no node')}
        >
          {t(ROLES[session.role] ?? session.role)}
        </DropdownItem>
        <DropdownItem
          onClick={() => {
            setOpen(false);
            void navigate('/account');
          }}
        >
          {t('My account')}
        </DropdownItem>
        <DropdownItem
          onClick={() => {
            setOpen(false);
            void navigate('/guide');
          }}
        >
          {t('Help')}
        </DropdownItem>
        <DropdownItem onClick={() => void signOut()}>{t('Sign out')}</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}

function Header({ signedOut }: { signedOut: () => void }) {
  const { t } = useTranslation();
  const heard = useLive();
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton variant="plain" aria-label={t('Menu')}>
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={(props) => <Link {...props} to="/" className="hf-brand" />}>
            <Logo />
            Holdfast
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic aria-label={t('Session')}>
          <ToolbarContent>
            <ToolbarGroup align={{ default: 'alignEnd' }} gap={{ default: 'gapSm' }}>
              <ToolbarItem visibility={{ default: 'hidden', md: 'visible' }}>
                <Label isCompact variant="outline" status={heard ? 'success' : 'warning'}>
                  {heard ? t('Live') : t('Connecting')}
                </Label>
              </ToolbarItem>
              <ToolbarItem visibility={{ default: 'hidden', md: 'visible' }}>
                <LanguageMenu />
              </ToolbarItem>
              <ToolbarItem>
                <ThemeButton />
              </ToolbarItem>
              <ToolbarItem>
                <AccountMenu signedOut={signedOut} />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
}

function Menu() {
  const { t } = useTranslation();
  const may = useMay();
  const { pathname } = useLocation();
  const active = (path: string) =>
    path === '/'
      ? pathname === '/'
      : pathname.startsWith(path) || (path === '/plans' && pathname.startsWith('/policies'));
  const shown = GROUPS.map((group) => ({
    title: group.title,
    pages: group.pages.filter(([path]) => !NEEDED[path] || may(NEEDED[path])),
  }));
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label={t('Pages')}>
          {shown
            .filter((group) => group.pages.length > 0)
            .map((group) => (
              <NavGroup key={group.title} title={t(group.title)}>
                {group.pages.map(([path, title]) => (
                  <NavItem key={path} isActive={active(path)}>
                    <Link to={path} aria-current={active(path) ? 'page' : undefined}>
                      {t(title)}
                    </Link>
                  </NavItem>
                ))}
              </NavGroup>
            ))}
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}

/** Shown on every page while the appliance is started for rescue. */
function ReadOnlyBanner() {
  const { t } = useTranslation();
  const session = useSession();
  if (!session.readOnly) {
    return null;
  }
  return (
    <Banner status="warning" role="status">
      {t(
        'This appliance was started read-only, for rescue. Browsing, restoring and downloading work; nothing can be changed.',
      )}{' '}
      {session.missingVolumes > 0 &&
        t('Missing volumes: {{count}}. Files stored there cannot be read.', { count: session.missingVolumes })}
    </Banner>
  );
}

export function Shell({ signedOut, children }: { signedOut: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Page
      masthead={<Header signedOut={signedOut} />}
      sidebar={<Menu />}
      isManagedSidebar
      skipToContent={<SkipToContent href="#content">{t('Skip to content')}</SkipToContent>}
      mainContainerId="content"
      mainAriaLabel={t('Content')}
    >
      <ReadOnlyBanner />
      {children}
    </Page>
  );
}
