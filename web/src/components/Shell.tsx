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
import { type Line, useLive } from '../api/live';
import { useUnreachableSince } from '../api/reachable';
import { msg } from '../i18n';
import { useActions } from './actions';
import { Bell } from './bell/Bell';
import { CommandButton } from './command/CommandButton';
import { Logo } from './Logo';
import { LanguageMenu, ThemeButton } from './preferences';
import { ROLES } from './roles';
import { useMay, useSession } from './session';
import { UnreachableBanner } from './Unreachable';

/** The menu. Each path is a route in App.tsx. */
export const GROUPS = [
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
      ['/instant-recovery', msg('Instant recovery')],
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

export const NEEDED: Record<string, string> = { '/users': 'USERS', '/audit': 'AUDIT', '/restore': 'BROWSE' };

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
          description={session.allNodes ? t('All nodes') : session.nodes.join(', ') || t('No nodes')}
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

const LINES = {
  live: { text: msg('Live'), status: 'success' },
  connecting: { text: msg('Connecting'), status: 'info' },
  waiting: { text: msg('Reconnecting'), status: 'warning' },
} as const;

function Header({ line, signedOut }: { line: Line; signedOut: () => void }) {
  const { t } = useTranslation();
  const { text, status } = LINES[line];
  return (
    <Masthead display={{ default: 'inline' }}>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton variant="plain" aria-label={t('Menu')}>
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={(props) => <Link {...props} to="/" className="hf-brand" />}>
            <Logo />
            <span className="hf-brand-name">Holdfast</span>
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic aria-label={t('Session')}>
          <ToolbarContent>
            <ToolbarGroup align={{ default: 'alignEnd' }} gap={{ default: 'gapSm' }}>
              <ToolbarItem visibility={{ default: 'hidden', md: 'visible' }}>
                <Label isCompact variant="outline" status={status}>
                  {t(text)}
                </Label>
              </ToolbarItem>
              <ToolbarItem>
                <CommandButton />
              </ToolbarItem>
              <ToolbarItem>
                <Bell />
              </ToolbarItem>
              <ToolbarItem visibility={{ default: 'hidden', md: 'visible' }}>
                <LanguageMenu />
              </ToolbarItem>
              <ToolbarItem visibility={{ default: 'hidden', md: 'visible' }}>
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
      {t('The appliance runs in read-only mode. You can browse, restore and download, but not change anything.')}{' '}
      {session.missingVolumes > 0 &&
        t('Missing volumes: {{count}}. Files stored there cannot be read.', { count: session.missingVolumes })}
    </Banner>
  );
}

/** What the label in the header says, on screens that have no room for it. */
function NotLiveBanner({ line }: { line: Line }) {
  const { t } = useTranslation();
  const unreachable = useUnreachableSince() !== null;
  return line === 'waiting' && !unreachable ? (
    <Banner status="warning" role="status" className="hf-narrow">
      {t(LINES.waiting.text)}
    </Banner>
  ) : null;
}

export function Shell({ signedOut, children }: { signedOut: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const line = useLive();
  return (
    <Page
      masthead={<Header line={line} signedOut={signedOut} />}
      sidebar={<Menu />}
      isManagedSidebar
      skipToContent={<SkipToContent href="#content">{t('Skip to content')}</SkipToContent>}
      mainContainerId="content"
      mainAriaLabel={t('Content')}
    >
      <UnreachableBanner />
      <NotLiveBanner line={line} />
      <ReadOnlyBanner />
      {children}
    </Page>
  );
}
