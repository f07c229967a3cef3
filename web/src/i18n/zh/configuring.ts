/** Vaults, alert channels and what else is set up in the browser. */
export const configuring: Record<string, string> = {
  'all events': '全部事件',
  'warnings and alerts': '警告和告警',
  'alerts only': '仅告警',
  'New alert channel': '新建告警渠道',
  'not encrypted': '未加密',
  'no failure so far': '尚无发送失败',
  'Remove alert channel {{name}}?': '删除告警渠道 {{name}}？',
  '{{target}} is no longer told of problems.': '出现问题时将不再通知 {{target}}。',
  'The alert channel was removed': '告警渠道已删除',
  'Send a test by {{name}}': '通过 {{name}} 发送测试',
  '{{target}} took it. Check that it arrived.': '{{target}} 已接收。请确认消息已送达。',
  'Send test': '发送测试',
  'Edit {{name}}': '编辑 {{name}}',
  'Remove {{name}}': '删除 {{name}}',
  Target: '目标',
  'Enter mail addresses, such as backup@example.com.': '请输入邮箱地址，例如 backup@example.com。',
  'Enter the name or address of the mail server, such as smtp.example.com.':
    '请输入邮件服务器的名称或地址，例如 smtp.example.com。',
  'Enter a value between 1 and 65535.': '请填写 1 到 65535 之间的值。',
  'The alert channel was saved': '告警渠道已保存',
  'Secret of the robot (if it asks for signatures)': '机器人的加签密钥（如启用加签）',
  'A secret is stored, and is never shown. Empty: it stays, as long as the server and the user stay.':
    '已保存密钥，且不会显示。留空则保留原密钥，前提是服务器和用户不变。',
  'It is stored encrypted under the appliance’s keys, and never shown again.':
    '使用一体机的密钥加密保存，之后不再显示。',
  'The test message was taken': '测试消息已被接收',
  'DingTalk robot': '钉钉机器人',
  'Empty: as it is ({{url}}).': '留空则不变（{{url}}）。',
  'Send events from': '发送的事件级别',
  'Allow a connection without encryption: others on the network can read events and passwords':
    '允许未加密的连接：网络中的其他人可以读取事件和密码',
  'Save without sending a test message': '保存时不发送测试消息',
  'Save the vault': '保存备份库',
  'Nothing is there yet. All snapshots will be uploaded.': '其中尚无数据，将上传全部快照。',
  'The vault is as this appliance left it. Only what is missing will be uploaded.':
    '备份库与此一体机上次写入时一致，仅上传缺少的内容。',
  'An appliance with the same keys left its data there. This appliance takes it over at its next start, and locks that one out.':
    '其中有使用相同密钥的一体机留下的数据。此一体机将在下次启动时接管，并阻止那台一体机继续写入。',
  'The bucket was reached, the access key is right, and the clock of the appliance is accepted.':
    '已连接到 Bucket，AccessKey 正确，一体机的时钟符合要求。',
  'The directory is there, and is not on the appliance’s own data.': '目录存在，且不在一体机自身的数据中。',
  'A test object was written, read back and deleted.': '已写入、读回并删除测试对象。',
  'A second object under the same name was refused, so that two appliances cannot mix their data unnoticed.':
    '同名的第二个对象被拒绝，因此两台一体机不会在不知情的情况下混写数据。',
  'Objects can be locked: OSS itself keeps locked snapshots until their locks end.':
    '支持对象锁定：由 OSS 保留已锁定的快照，直至锁定到期。',
  'Objects cannot be locked: the bucket has no retention by object (ObjectWorm), or the key may not set it. Whoever has the key can delete locked snapshots in the bucket.':
    '不支持对象锁定：Bucket 未开启对象级保留策略（ObjectWorm），或该 AccessKey 无权设置。持有该 AccessKey 的人可以删除 Bucket 中已锁定的快照。',
  'A directory cannot lock objects: users who may write there can delete locked snapshots.':
    '目录无法锁定对象：可写入该目录的人可以删除已锁定的快照。',
  'The test passed': '测试通过',
  'Replace the access key': '更换 AccessKey',
  'Add a copy of the vault': '添加备份库副本',
  'Set up the vault': '配置备份库',
  'The access key was replaced; it is used from the next start of the appliance':
    'AccessKey 已更换，将在一体机下次启动后使用',
  'Replace the access key of vault {{name}}': '更换备份库 {{name}} 的 AccessKey',
  Replace: '更换',
  'Until the appliance is restarted, it uses the present key: delete that at Alibaba Cloud afterwards.':
    '一体机重启之前仍使用当前的 AccessKey：请在重启之后再到阿里云删除。',
  'Test connection': '测试连接',
  'Use lower-case letters, digits and dashes.': '请使用小写字母、数字和连字符。',
  'Enter the name of the bucket: 3 to 63 lower-case letters, digits and dashes.':
    '请输入 Bucket 名称：3 到 63 个小写字母、数字和连字符。',
  'Enter the region, such as cn-hangzhou.': '请输入地域，例如 cn-hangzhou。',
  'AccessKey ID': 'AccessKey ID',
  'AccessKey secret': 'AccessKey Secret',
  'Use the key of a RAM user that may reach this bucket and prefix only. It is stored encrypted under the appliance’s keys, and never shown again.':
    '请使用仅可访问此 Bucket 和前缀的 RAM 用户的 AccessKey。使用一体机的密钥加密保存，之后不再显示。',
  Network: '网络',
  'Public endpoint': '公网访问',
  'Internal endpoint (from within the region, free of traffic charges)': '内网访问（同地域内，免流量费）',
  'Transfer acceleration': '传输加速',
  'Other endpoint': '其他 Endpoint',
  'Empty: that of the region. Otherwise a private link or a domain of your own.':
    '留空则使用地域的 Endpoint；否则填写私网连接或自有域名。',
  'How requests name the bucket': '请求中 Bucket 的位置',
  'in the host name': '在域名中',
  'in the path': '在路径中',
  'by a custom domain': '使用自定义域名',
  'HTTP proxy': 'HTTP 代理',
  Bucket: 'Bucket',
  Region: '地域',
  Prefix: '前缀',
  'The folder in the bucket. Empty: the whole bucket.': 'Bucket 中的目录。留空则使用整个 Bucket。',
  'Network settings': '网络设置',
  'Storage class, upload hours and bandwidth': '存储类型、上传时段与带宽',
  'Archive and ColdArchive must be thawed before a restore, which takes hours. OSS charges IA for at least 30 days, Archive 60, ColdArchive 180.':
    '归档和冷归档存储须先解冻才能恢复，需要数小时。OSS 对低频访问至少计费 30 天，归档 60 天，冷归档 180 天。',
  'It is a copy of the vault “vault”, in another place.': '它是备份库“vault”在另一处的副本。',
  'Kind of vault': '备份库类型',
  'Bucket in Alibaba Cloud OSS': '阿里云 OSS 的 Bucket',
  'Directory of a mounted NAS or disk': '已挂载的 NAS 或磁盘中的目录',
  'Directory on the appliance': '一体机上的目录',
  'It must exist, be empty, and be writable for the appliance. Nothing is made by the console.':
    '目录必须已存在、为空，且一体机可写入。控制台不会创建目录。',
  'Another class is used for what is uploaded from the next start of the appliance.':
    '更改后的存储类型用于一体机下次启动之后上传的内容。',
  'Colder classes with age (DAYS = CLASS, one per line)': '随时间转为更冷的存储类型（天数 = 类型，每行一条）',
  'Invalid rule “{{line}}”; expected DAYS = IA, Archive or ColdArchive':
    '无效的规则“{{line}}”；格式为 天数 = IA、Archive 或 ColdArchive',
  'Backups are lost with this appliance, until there is a copy elsewhere.':
    '在别处有副本之前，一体机丢失时备份也会丢失。',
  'These hours are not whole hours, so that they are shown as text only.': '这些时段不是整点，因此仅以文本显示。',
  'Upload hours and bandwidth as text': '以文本编辑上传时段与带宽',
  'no uploads begin': '不开始上传',
  'every day': '每天',
  'No limit': '不限速',
  Limit: '限速',
  'No uploads': '不上传',
  'What the hours that you select become': '所选时段设为',
  'Limit in MB/s': '限速（MB/s）',
  'Hours of the week': '一周的时段',
  'Upload hours and bandwidth': '上传时段与带宽',
  'Select hours with the mouse, or with the arrow keys and Space; Shift with an arrow key selects on the way. A day or an hour in the margin selects all of it. At least one hour stays open for uploads. Times are those of the appliance.':
    '使用鼠标，或使用方向键和空格键选择时段；按住 Shift 并使用方向键可连续选择。点击边上的日期或小时可选择整行或整列。至少保留一个可上传的时段。时间以一体机时区为准。',
  'set up; used from the next start of the appliance': '已配置，将在一体机下次启动后使用',
  'not running': '未运行',
  'Restart the appliance to use this vault, for example:': '请重新启动一体机以使用此备份库，例如：',
};
