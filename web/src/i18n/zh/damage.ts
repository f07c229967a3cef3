export const damage: Record<string, string> = {
  Damage: '数据损坏情况',
  'Nothing is known to be damaged': '未发现数据损坏',
  'The appliance reads all stored data again within 30 days. What it finds damaged is shown here.':
    '一体机在 30 天内会重新读取全部已存储的数据。发现的损坏显示在此处。',
  'Stored data is damaged; no file of a snapshot is known to be hurt': '存储的数据有损坏；尚未发现快照中的文件受影响',
  'Damaged files: {{files}}, in snapshots: {{snapshots}}': '损坏的文件：{{files}} 个，涉及快照：{{snapshots}} 个',
  'Further files are damaged; their names are lost.': '另有文件损坏，但其名称已丢失。',
  'More was found than is kept: the lists on this page are not complete.':
    '发现的损坏超出可保存的数量：此页面上的列表不完整。',
  'Last check:': '最近一次检查：',
  'What to do': '处理办法',
  'Start a full scrub. It heals what a vault has, and checks everything else again.':
    '开始全面巡检。巡检会从备份库修复已有副本的数据，并重新检查其余数据。',
  'Back up the machines again. Files that they still have are stored anew, and damaged snapshots get them back.':
    '重新备份这些机器。机器上仍有的文件会重新存储，损坏的快照随之恢复完整。',
  'Take a file that the machine does not have any more from another snapshot: see “Other versions”.':
    '机器上已没有的文件，可从其他快照中取回：参见“其他版本”。',
  'Delete a damaged snapshot that is not needed, and start a garbage collection.':
    '删除不再需要的损坏快照，然后开始垃圾回收。',
  'Look at the disks: damage that comes again has a cause.': '检查磁盘：反复出现的损坏必有原因。',
  'Open hardware': '查看硬件',
  'Machines with damaged snapshots': '有损坏快照的机器',
  'Damaged files': '损坏的文件',
  'Damaged snapshots': '损坏的快照',
  'Damaged since': '损坏发现时间',
  Snapshot: '快照',
  Path: '路径',
  File: '文件',
  'Other versions': '其他版本',
  'and what follows it (file names are lost)': '及其后的文件（名称已丢失）',
  'What is damaged': '损坏的数据',
  Problem: '问题',
  Healed: '已修复',
  How: '修复方式',
  'Nothing was healed yet': '尚无修复记录',
  'Stored data is damaged': '存储的数据有损坏',
  'Show damaged files': '查看损坏的文件',
  'Files of this node’s snapshots are damaged: {{files}}': '此节点的快照中有文件损坏：{{files}} 个',
  'They cannot be restored until they are healed.': '修复之前无法恢复这些文件。',
  'Damaged files in this selection: {{files}}. They would be missing after the restore.':
    '所选内容中有损坏的文件：{{files}} 个。恢复后会缺少这些文件。',
  'Restore everything else': '恢复其余内容',
};
