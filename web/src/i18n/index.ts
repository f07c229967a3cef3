import i18n, { type FormatterModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';
import { zh } from './zh';

/** The English text is the key of a translation and the fallback if there is none. */
export const LANGUAGES = { en: 'English', 'zh-CN': '简体中文' } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = 'holdfast.language';

function first(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'zh-CN') {
    return kept;
  }
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** A count selects the plural, so it is passed as a number, and gets its separators here. */
const counts: FormatterModule = {
  type: 'formatter',
  init: () => {},
  add: () => {},
  addCached: () => {},
  format: (value, _, language, options) =>
    typeof value === 'number' && options?.interpolationkey === 'count'
      ? new Intl.NumberFormat(language).format(value)
      : value,
};

void i18n
  .use(counts)
  .use(initReactI18next)
  .init({
    lng: first(),
    fallbackLng: false,
    resources: { 'zh-CN': { translation: zh }, en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    // React escapes texts.
    interpolation: { escapeValue: false, alwaysFormat: true },
  });
document.documentElement.lang = i18n.language;

export function speak(language: Language) {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  void i18n.changeLanguage(language);
}

/** Marks a text that is translated with t() where it is rendered. */
export const msg = (text: string) => text;

export default i18n;
