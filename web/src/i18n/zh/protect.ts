/** Choosing folders of machines, and protecting a machine. */
export const protect: Record<string, string> = {
  'Allowed directories': '允许的目录',
  'Back up {{path}}': '备份 {{path}}',
  'Folders in {{path}}': '{{path}} 中的文件夹',
  'No folders in here.': '此处没有文件夹。',
  Selected: '已选择',
  'Show more': '显示更多',
  'other file system': '其他文件系统',
  '{{count}} folders have names that are not valid UTF-8': '{{count}} 个文件夹的名称不是有效的 UTF-8',
};
