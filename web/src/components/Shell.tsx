import {
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
import { BarsIcon, MoonIcon, SunIcon } from '@patternfly/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { client } from '../api/client';
import { useLive } from '../api/live';
import { LANGUAGES, type Language, msg, speak } from '../i18n';
import { keepTheme, keptTheme } from '../lib/theme';
import { useActs } from './acts';
import { Logo } from './Logo';
import { useMay, useSession } from './session';

const GROUPS = [
  {
    title: msg('Watch'),
    pages: [
      ['/', msg('Overview')],
      ['/tasks', msg('Tasks')],
      ['/events', msg('Events')],
    ],
  },
  {
    title: msg('Protect'),
    pages: [
      ['/nodes', msg('Nodes')],
      ['/plans', msg('Plans and policies')],
      ['/restore', msg('Restore')],
    ],
  },
  {
    title: msg('Keep'),
    pages: [
      ['/storage', msg('Storage')],
      ['/vaults', msg('Vaults')],
    ],
  },
  {
    title: msg('Manage'),
    pages: [
      ['/users', msg('Users')],
      ['/audit', msg('Audit log')],
      ['/settings', msg('Settings')],
    ],
  },
] as const;

const NEEDED: Record<string, string> = { '/users': 'USERS', '/audit': 'AUDIT', '/restore': 'BROWSE' };
export const ROLES: Record<string, string> = {
  administrator: msg('Administrator'),
  'backup-operator': msg('Backup operator'),
  'restore-operator': msg('Restore operator'),
  viewer: msg('Viewer'),
  auditor: msg('Auditor'),
};

export function LanguageMenu() {
  const { i18n, t } = useTranslation();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_, value) => {
        speak(value as Language);
        // Some words are the appliance's.
        void queries.invalidateQueries();
        setOpen(false);
      }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label={`${t('Language')}: ${LANGUAGES[i18n.language as Language]}`}
        >
          {LANGUAGES[i18n.language as Language]}
        </MenuToggle>
      )}
    >
      <DropdownList>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <DropdownItem key={code} value={code} lang={code}>
            {name}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  );
}

export function ThemeButton() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(keptTheme());
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="pf-v6-c-button pf-m-plain"
      aria-label={other === 'dark' ? t('Dark theme') : t('Light theme')}
      onClick={() => {
        keepTheme(other);
        setTheme(other);
      }}
    >
      <span className="pf-v6-c-button__icon">{other === 'dark' ? <MoonIcon /> : <SunIcon />}</span>
    </button>
  );
}

export function Shell({ signedOut, children }: { signedOut: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const session = useSession();
  const may = useMay();
  const { act } = useActs();
  const heard = useLive();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [menu, setMenu] = useState(false);
  const active = (path: string) =>
    path === '/'
      ? pathname === '/'
      : pathname.startsWith(path) || (path === '/plans' && pathname.startsWith('/policies'));
  const signOut = async () => {
    if (await act(() => client.DELETE('/session'), '')) {
      signedOut();
    }
  };

  const masthead = (
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
                <Dropdown
                  isOpen={menu}
                  onOpenChange={setMenu}
                  popperProps={{ position: 'right' }}
                  toggle={(ref) => (
                    <MenuToggle ref={ref} variant="plainText" isExpanded={menu} onClick={() => setMenu(!menu)}>
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
                        setMenu(false);
                        void navigate('/account');
                      }}
                    >
                      {t('My account')}
                    </DropdownItem>
                    <DropdownItem onClick={() => void signOut()}>{t('Sign out')}</DropdownItem>
                  </DropdownList>
                </Dropdown>
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );

  const sidebar = (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label={t('Pages')}>
          {GROUPS.map((group) => {
            const pages = group.pages.filter(([path]) => !NEEDED[path] || may(NEEDED[path]));
            return pages.length === 0 ? null : (
              <NavGroup key={group.title} title={t(group.title)}>
                {pages.map(([path, title]) => (
                  <NavItem key={path} isActive={active(path)}>
                    <Link to={path} aria-current={active(path) ? 'page' : undefined}>
                      {t(title)}
                    </Link>
                  </NavItem>
                ))}
              </NavGroup>
            );
          })}
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );

  return (
    <Page
      masthead={masthead}
      sidebar={sidebar}
      isManagedSidebar
      skipToContent={<SkipToContent href="#content">{t('To the content')}</SkipToContent>}
      mainContainerId="content"
      mainAriaLabel={t('Content')}
    >
      {children}
    </Page>
  );
}
