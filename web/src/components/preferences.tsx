import { Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import { MoonIcon, SunIcon } from '@patternfly/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LANGUAGES, type Language, speak } from '../i18n';
import { changeTheme, useTheme } from './theme';

/** Changes the language. */
export function useSpeak(): (language: Language) => void {
  const queries = useQueryClient();
  return (language) => {
    speak(language);
    // The appliance translates some texts itself, so they are loaded again.
    void queries.invalidateQueries();
  };
}

export function LanguageMenu() {
  const { i18n, t } = useTranslation();
  const change = useSpeak();
  const [open, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_, value) => {
        change(value as Language);
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
  const other = useTheme() === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="pf-v6-c-button pf-m-plain"
      aria-label={other === 'dark' ? t('Dark theme') : t('Light theme')}
      onClick={changeTheme}
    >
      <span className="pf-v6-c-button__icon">{other === 'dark' ? <MoonIcon /> : <SunIcon />}</span>
    </button>
  );
}
