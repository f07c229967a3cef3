// Turns pages of ../docs into HTML when the console is built, with links as the console's addresses.
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Marked, type Tokens } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';

const docs = resolve(import.meta.dirname, '../../docs');
const SERVED = /^(guide\/(zh\/)?[a-z-]+|command-line|excludes|glossary|threat-model|api)\.md$/i;

/** The address of a page in the console; empty for what is not served there. */
function address(file: string) {
  const page = relative(docs, file);
  return SERVED.test(page) ? `/${page.startsWith('guide/') ? '' : 'guide/'}${page.replace(/\.md$/, '')}` : '';
}

function link(from: string, href: string) {
  if (/^(https?:|#)/.test(href)) {
    return href;
  }
  const [path = '', anchor] = href.split('#');
  const file = resolve(dirname(from), path);
  if (!existsSync(file)) {
    throw new Error(`${from} links to ${href}, which does not exist`);
  }
  const page = address(file);
  return page === '' ? '' : page + (anchor ? `#${anchor}` : '');
}

export function markdown() {
  return {
    name: 'markdown',
    transform(text: string, id: string) {
      if (!id.endsWith('.md')) {
        return null;
      }
      const marked = new Marked(gfmHeadingId(), {
        renderer: {
          link({ href, tokens }) {
            const words = this.parser.parseInline(tokens);
            const to = link(id, href);
            return to === '' ? words : `<a href="${to}">${words}</a>`;
          },
          // What can be scrolled must be within reach of the keyboard.
          code({ text, escaped }) {
            return `<pre tabindex="0"><code>${escaped ? text : text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</code></pre>`;
          },
          table(token) {
            const row = (cells: Tokens.TableCell[], tag: string) =>
              `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`;
            return `<div class="hf-guide-table" tabindex="0"><table><thead>${row(token.header, 'th')}</thead><tbody>${token.rows
              .map((cells) => row(cells, 'td'))
              .join('')}</tbody></table></div>`;
          },
        },
      });
      const [, heading, rest] = /^# (.+)\n([\s\S]*)$/.exec(text) ?? [];
      if (heading === undefined || rest === undefined) {
        throw new Error(`${id} does not begin with a heading`);
      }
      return { code: `export default ${JSON.stringify({ title: heading, html: marked.parse(rest) })};`, map: null };
    },
  };
}
