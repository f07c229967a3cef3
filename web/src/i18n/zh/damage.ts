export const damage: Record<string, string> = {
  'The index is damaged.': '索引已损坏。',
  'A container is missing or damaged.': '容器缺失或已损坏。',
  'A chunk cannot be read.': '数据块无法读取。',
  'The list of a snapshot is missing or damaged.': '快照的清单缺失或已损坏。',
  'A chunk is missing.': '数据块缺失。',
  'A part of the list of a snapshot is damaged.': '快照清单的一部分已损坏。',
  'The control database is damaged.': '控制数据库已损坏。',
  Damage: '数据损坏',
  'No damage found': '未发现数据损坏',
  'The appliance reads all stored data again within 30 days. Damage that it finds is shown here.':
    '一体机每 30 天重新读取全部已存储的数据，发现的损坏显示在此处。',
  'Stored data is damaged. No file of a snapshot is known to be affected.':
    '存储的数据有损坏，尚未发现快照中的文件受影响。',
  'Damaged files: {{files}}, in snapshots: {{snapshots}}': '损坏的文件：{{files}} 个，涉及快照：{{snapshots}} 个',
  'Further files are damaged; their names are lost.': '另有文件损坏，但其名称已丢失。',
  'The lists on this page are incomplete: more damage was found than the appliance records.':
    '此页面的列表不完整：发现的损坏超出一体机可记录的数量。',
  'Last check:': '最近一次检查：',
  'What to do': '处理办法',
  'Start a full scrub. It heals damaged data from a vault and checks all other data again.':
    '开始全面巡检。巡检会使用异地备份库修复损坏的数据，并重新检查其余数据。',
  'Back up the machines again. Files that still exist there are stored again, which heals damaged snapshots. The appliance then checks again.':
    '重新备份这些机器。机器上仍有的文件会重新存储，从而修复损坏的快照。之后一体机会自动重新检查。',
  'Restore files that no longer exist on the machine from another snapshot: see “Other versions”.':
    '机器上已不存在的文件，请从其他快照中恢复：参见“其他版本”。',
  'Delete damaged snapshots that are not needed. The appliance then deletes the damaged data.':
    '删除不再需要的损坏快照，之后一体机会删除损坏的数据。',
  'Check the disks: recurring damage has a cause.': '检查磁盘：反复出现的损坏必有原因。',
  'Open hardware': '查看硬件',
  'Machines with damaged snapshots': '有损坏快照的机器',
  'Damaged files': '损坏的文件',
  'Damaged snapshots': '损坏的快照',
  Repair: '修复',
  'Damaged since': '发现损坏时间',
  Snapshot: '快照',
  Path: '路径',
  File: '文件',
  'Other versions': '其他版本',
  'and what follows it (file names are lost)': '及其后的文件（名称已丢失）',
  'What is damaged': '损坏的数据',
  Problem: '问题',
  Healed: '已修复',
  How: '修复方式',
  'No data healed yet': '尚无修复记录',
  'Stored data is damaged': '存储的数据有损坏',
  'Show damaged files': '查看损坏的文件',
  'Files of this node’s snapshots are damaged: {{files}}': '此节点的快照中有文件损坏：{{files}} 个',
  'These files cannot be restored until they are healed.': '修复之前无法恢复这些文件。',
  'Damaged files in this selection: {{files}}. They will be missing after the restore.':
    '所选内容中有损坏的文件：{{files}} 个。恢复后会缺少这些文件。',
  'Restore everything else': '恢复其余内容',
};
