import englishFile from '../../../client/protocol/src/main/resources/dev/holdfast/protocol/phrase/phrases.properties?raw';
import chineseFile from '../../../client/protocol/src/main/resources/dev/holdfast/protocol/phrase/phrases_zh.properties?raw';

/** A text of the appliance or of a client: a code and its parameters. */
export interface Phrase {
  code: string;
  args: Record<string, unknown>;
}

const read = (file: string): Record<string, string> =>
  Object.fromEntries(
    file
      .split('\n')
      .filter((line) => line.includes('=') && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** The texts by code, as appliance and clients have them. */
export const english = read(englishFile);
export const chinese = read(chineseFile);
