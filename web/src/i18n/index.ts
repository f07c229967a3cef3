import i18n, { type FormatterModule } from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import { bytes, day, time } from '../lib/format';
import { en } from './en';
import { chinese, english, type Phrase } from './phrases';
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

/** The formats of the parameters of phrases. */
const FORMATS: Record<string, (value: never) => string> = {
  bytes: (value: number) => bytes(value),
  time: (value: string) => time(value),
  day: (value: string) => day(value),
};

/** A parameter that is a phrase, or several, whatever format its text names. */
function nested(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    return value.map((each) => nested(each) ?? String(each)).join(i18n.language === 'en' ? '; ' : '；');
  }
  return value && typeof value === 'object' && 'code' in value ? words(String(value.code), value as Phrase) : undefined;
}

/** A count selects the plural, so it is passed as a number, and gets its separators here. */
const formatter: FormatterModule = {
  type: 'formatter',
  init: () => {},
  add: () => {},
  addCached: () => {},
  format: (value, format, language, options) =>
    nested(value) ??
    (format
      ? (FORMATS[format]?.(value as never) ?? value)
      : typeof value === 'number' && options?.interpolationkey === 'count'
        ? new Intl.NumberFormat(language).format(value)
        : value),
};

void i18n
  .use(formatter)
  .use(initReactI18next)
  .init({
    lng: first(),
    fallbackLng: false,
    resources: { 'zh-CN': { translation: zh, phrases: chinese }, en: { translation: en, phrases: english } },
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

/**
 * What the appliance says, in the language of the console. Its English text stands for a phrase that this release of the
 * console does not know. Components take it from useWords(), so that they follow a change of the language.
 */
export function words(text: string, phrase?: Phrase | null): string {
  return phrase && i18n.exists(phrase.code, { ns: 'phrases' })
    ? // Apart from the options, which parameters must not set.
      i18n.t(phrase.code, { ns: 'phrases', count: phrase.args.count as number | undefined, replace: phrase.args })
    : text;
}

export function useWords(): typeof words {
  useTranslation();
  return words;
}

/** Marks a text that is translated with t() where it is rendered. */
export const msg = (text: string) => text;

export default i18n;
