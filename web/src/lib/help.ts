/**
 * Where the guide tells about a form: page and section, in English and in Chinese. A section is the anchor of its heading.
 */
export const HELP = {
  alerts: ['monitoring#what-is-told', 'zh/monitoring#通知哪些事件'],
  attack: ['security#ransomware', 'zh/security#勒索软件'],
  bareMetal: ['bare-metal#restore', 'zh/bare-metal#恢复'],
  checks: ['plan#prove-that-it-can-be-restored', 'zh/plan#证明可以恢复'],
  diskFiles: ['disks#take-files-out-of-a-snapshot-of-disks', 'zh/disks#从磁盘快照中取出文件'],
  enrol: ['enrol#one-machine', 'zh/enrol#注册一台机器'],
  gone: ['life-of-nodes#a-machine-that-is-gone', 'zh/life-of-nodes#不再存在的机器'],
  instant: ['instant-recovery#start-a-machine', 'zh/instant-recovery#启动机器'],
  locks: ['security#ransomware', 'zh/security#勒索软件'],
  machines: ['security#the-machines', 'zh/security#机器'],
  people: ['security#people', 'zh/security#人员'],
  plan: ['plan#a-first-plan', 'zh/plan#第一个备份计划'],
  programs: ['monitoring#from-other-systems', 'zh/monitoring#接入其他系统'],
  reinstalled: ['enrol#a-machine-that-was-reinstalled', 'zh/enrol#重装过的机器'],
  rename: ['life-of-nodes#another-name', 'zh/life-of-nodes#改名'],
  reports: ['monitoring#reports-by-mail', 'zh/monitoring#邮件报告'],
  restore: ['restore#from-the-appliance-or-the-console', 'zh/restore#从一体机或控制台恢复'],
  retention: ['plan#how-long-snapshots-are-kept', 'zh/plan#快照保留多久'],
  sheet: ['disaster#b-the-appliance-is-lost', 'zh/disaster#b-一体机损坏或丢失'],
  tags: ['life-of-nodes#tags', 'zh/life-of-nodes#标签'],
  vault: ['oss#3-the-appliance', 'zh/oss#3-配置一体机'],
} as const;

export type Topic = keyof typeof HELP;

/** The section of a page that begins with the heading of an anchor; empty where the page has none. */
export function section(html: string, anchor: string): string {
  const start = html.search(new RegExp(`<h[1-6] id="${anchor.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"`));
  if (start < 0) {
    return '';
  }
  const level = Number(html[start + 2]);
  const rest = html.slice(start + 3);
  const end = rest.search(new RegExp(`<h[1-${level}][ >]`));
  return end < 0 ? html.slice(start) : html.slice(start, start + 3 + end);
}
