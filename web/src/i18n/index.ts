import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import { zh } from './zh';

/** What people read is its own key in English: a text that has no translation is still a text. */
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

void i18n.use(initReactI18next).init({
  lng: first(),
  fallbackLng: false,
  resources: { 'zh-CN': { translation: zh }, en: { translation: {} } },
  keySeparator: false,
  nsSeparator: false,
  // React does it.
  interpolation: { escapeValue: false },
});
document.documentElement.lang = i18n.language;

export function speak(language: Language) {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  void i18n.changeLanguage(language);
}

/** Marks a text that is translated where it is shown. */
export const msg = (text: string) => text;

export default i18n;
