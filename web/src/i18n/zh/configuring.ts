/** Vaults, alert channels and what else is set up in the browser. */
export const configuring: Record<string, string> = {
  'All events': '全部事件',
  'Warnings and alerts': '警告和告警',
  'Alerts only': '仅告警',
  'New alert channel': '新建告警渠道',
  'Not encrypted': '未加密',
  'No failures': '正常',
  'Delete alert channel {{name}}?': '删除告警渠道 {{name}}？',
  '{{target}} no longer receives alerts.': '{{target}} 将不再收到告警。',
  'The alert channel was deleted': '告警渠道已删除',
  'Send a test by {{name}}': '通过 {{name}} 发送测试消息',
  '{{target}} accepted the message. Check that it arrived.': '{{target}} 已接收消息，请确认消息已送达。',
  'Send test': '发送测试消息',
  'Edit {{name}}': '编辑 {{name}}',
  'Delete {{name}}': '删除 {{name}}',
  Target: '目标',
  'Enter mail addresses, such as backup@example.com.': '请输入邮箱地址，例如 backup@example.com。',
  'Enter the name or address of the mail server, such as smtp.example.com.':
    '请输入邮件服务器的名称或地址，例如 smtp.example.com。',
  'Enter a value between 1 and 65535.': '请输入 1 到 65535 之间的值。',
  'The alert channel was saved': '告警渠道已保存',
  'Signing secret of the robot (if it requires signatures)': '机器人的加签密钥（如已启用加签）',
  'A secret is stored; it is never shown. Leave empty to keep it for the same server and user.':
    '已保存密钥，且不会显示。如服务器和用户不变，留空则保留原密钥。',
  'The secret is stored encrypted with the keys of the appliance and never shown again.':
    '密钥使用一体机的密钥加密保存，之后不再显示。',
  'The test message was accepted': '测试消息已被接收',
  'DingTalk robot': '钉钉机器人',
  'Leave empty to keep {{url}}.': '留空则不变（{{url}}）。',
  'Send events from': '发送的事件级别',
  'Allow a connection without encryption: others on the network can read events and passwords':
    '允许未加密的连接：网络中的其他人可以读取事件和密码',
  'Save without sending a test message': '保存时不发送测试消息',
  'Save the vault': '保存异地备份库',
  'The vault is empty. All snapshots will be uploaded.': '异地备份库为空，将上传全部快照。',
  'The vault contains the data that this appliance stored. Only missing data will be uploaded.':
    '异地备份库中是此一体机写入的数据，仅上传缺少的数据。',
  'The vault contains the data of another appliance with the same keys. This appliance takes the vault over at its next start and locks the other one out.':
    '异地备份库中有使用相同密钥的另一台一体机的数据。此一体机将在下次启动时接管异地备份库，并阻止另一台一体机写入。',
  'The bucket is reachable, the access key is valid, and the clock of the appliance is accepted.':
    '已连接到 Bucket，AccessKey 有效，一体机的时钟符合要求。',
  'The directory exists and is outside the data of the appliance.': '目录存在，且不在一体机自身的数据中。',
  'A test object was written, read back and deleted.': '已写入、读回并删除测试对象。',
  'A second object with the same name was refused: two appliances cannot mix their data unnoticed.':
    '同名的第二个对象被拒绝，因此两台一体机不会在不知情的情况下混写数据。',
  'Objects can be locked: OSS itself keeps locked snapshots until their locks expire.':
    '支持对象锁定：由 OSS 保留已锁定的快照，直至锁定到期。',
  'Objects cannot be locked: the bucket has no retention by object (ObjectWorm), or the key has no permission to set it. Anyone with the key can delete locked snapshots in the bucket.':
    '不支持对象锁定：Bucket 未开启对象级别保留策略（ObjectWorm），或该 AccessKey 无权设置。持有该 AccessKey 的任何人都可以删除 Bucket 中已锁定的快照。',
  'A directory cannot lock objects: users with write access can delete locked snapshots.':
    '目录不支持对象锁定：有写权限的用户可以删除已锁定的快照。',
  'The test passed': '测试通过',
  'Replace the access key': '更换 AccessKey',
  'Add a copy of the vault': '添加异地备份库副本',
  'Set up the vault': '设置异地备份库',
  'The access key was replaced. The appliance uses it after its next start.':
    'AccessKey 已更换，将在一体机下次启动后使用。',
  'Replace the access key of vault {{name}}': '更换异地备份库 {{name}} 的 AccessKey',
  Replace: '更换',
  'The appliance uses the current key until it is restarted. Delete the current key at Alibaba Cloud after that.':
    '一体机重启之前仍使用当前的 AccessKey。请在重启之后再到阿里云删除当前的 AccessKey。',
  'Test connection': '测试连接',
  'Use lower-case letters, digits and dashes.': '请使用小写字母、数字和连字符。',
  'Enter the name of the bucket: 3 to 63 lower-case letters, digits and dashes.':
    '请输入 Bucket 名称：3 到 63 个小写字母、数字和连字符。',
  'Enter the region, such as cn-hangzhou.': '请输入地域，例如 cn-hangzhou。',
  'AccessKey ID': 'AccessKey ID',
  'AccessKey secret': 'AccessKey Secret',
  'Use the key of a RAM user that can access only this bucket and prefix. The key is stored encrypted with the keys of the appliance and never shown again.':
    '请使用仅可访问此 Bucket 和前缀的 RAM 用户的 AccessKey。AccessKey 使用一体机的密钥加密保存，之后不再显示。',
  Network: '网络',
  'Public endpoint': '公网访问',
  'Internal endpoint (from within the region, free of traffic charges)': '内网访问（同地域内，免流量费）',
  'Transfer acceleration': '传输加速',
  'Other endpoint': '其他 Endpoint',
  'Leave empty to use the endpoint of the region, or enter a private link or your own domain.':
    '留空则使用地域的 Endpoint，也可以输入私网连接（PrivateLink）或自有域名。',
  'Addressing style': 'Bucket 访问方式',
  'Bucket in the host name': 'Bucket 在域名中',
  'Bucket in the path': 'Bucket 在路径中',
  'Custom domain': '自定义域名',
  'HTTP proxy': 'HTTP 代理',
  Bucket: 'Bucket',
  Region: '地域',
  Prefix: '前缀',
  'The folder in the bucket. Leave empty to use the whole bucket.': 'Bucket 中的目录。留空则使用整个 Bucket。',
  'Network settings': '网络设置',
  'Storage class, upload hours and bandwidth': '存储类型、上传时段与带宽',
  'Objects in Archive and ColdArchive must be thawed before a restore, which takes hours. OSS charges IA for at least 30 days, Archive for 60, ColdArchive for 180.':
    '归档存储和冷归档存储的对象须先解冻才能恢复，需要数小时。OSS 对低频访问至少计费 30 天，归档存储 60 天，冷归档存储 180 天。',
  'A copy of the vault “vault” in another location.': '异地备份库“vault”在另一处的副本。',
  'Kind of vault': '异地备份库类型',
  'Bucket in Alibaba Cloud OSS': '阿里云 OSS 的 Bucket',
  'Directory of a mounted NAS or disk': '已挂载的 NAS 或磁盘中的目录',
  'Directory on the appliance': '一体机上的目录',
  'The directory must exist, be empty, and be writable for the appliance. The console does not create it.':
    '目录必须已存在、为空，且一体机可写入。控制台不会创建目录。',
  'A changed class applies to uploads after the next start of the appliance.':
    '修改后的存储类型适用于一体机下次启动之后上传的内容。',
  'Transitions to colder classes (DAYS = CLASS, one per line)': '转换为更冷的存储类型（天数 = 类型，每行一条）',
  'Invalid rule “{{line}}”; expected DAYS = IA, Archive or ColdArchive':
    '无效的规则“{{line}}”；格式为 天数 = IA、Archive 或 ColdArchive',
  'Without an off-site copy, backups are lost if the appliance is lost.': '没有异地副本时，一体机丢失则备份也会丢失。',
  'These windows do not start and end on the hour. They are shown as text only.': '这些时段不是整点，仅以文本显示。',
  'Upload hours and bandwidth as text': '以文本编辑上传时段与带宽',
  'no uploads': '不上传',
  'every day': '每天',
  'No limit': '不限速',
  Limit: '限速',
  'No uploads': '不上传',
  'Setting for the selected hours': '所选时段设为',
  'Limit in MB/s': '限速（MB/s）',
  'Hours of the week': '一周的时段',
  'Upload hours and bandwidth': '上传时段与带宽',
  'Select hours with the mouse, or with the arrow keys and Space; Shift with an arrow key selects on the way. A day or an hour in the margin selects all of it. At least one hour stays open for uploads. Times are those of the appliance.':
    '使用鼠标，或使用方向键和空格键选择时段；按住 Shift 并使用方向键可连续选择。单击边上的日期或小时可选择整行或整列。至少保留一个可上传的时段。时间以一体机时区为准。',
  'Configured. Used after the next start of the appliance.': '已配置，将在一体机下次启动后使用。',
  'Not running': '未运行',
  'Restart the appliance to use this vault, for example:': '请重新启动一体机以使用此异地备份库，例如：',
};
