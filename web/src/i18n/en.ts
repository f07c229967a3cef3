/** The English singular of texts with a count. The text itself is the plural, and the key. */
export const en: Record<string, string> = {
  'All {{count}} machines are protected_one': 'The machine is protected',
  '{{count}} of {{machines}} machines need attention_one': '{{count}} of {{machines}} machines needs attention',
};
