/** What the appliance and clients say, by the code of the phrase. phrases.properties has the English texts. */
export const phrases: Record<string, string> = {
  // ---- general

  plain: '{{text}}',
  'event.repeated': '{{message, phrase}}（另有 {{count}} 个类似事件，最近一次：{{at, time}}）',

  // ---- why tasks ended

  'task.cancelled': '已取消',
  'task.cancelled-before': '在开始之前已取消',
  'task.appliance-stopped': '一体机已停止',
  'task.node-removed': '节点已移除',
  'task.read-only': '一体机以 --read-only 启动',
  'task.file-missing': '{{file}} 不存在',
  'task.file-denied': '{{file}}：权限不足',
  'task.file-exists': '{{file}} 已存在',
  'task.no-directory': '{{file}} 不是目录',
  'task.unreadable': '任务参数或其读取的内容无法读写',
  'task.appliance-failed': '一体机内部错误；详情请查看其日志',
  'task.nothing-deleted': '该一体机以只读方式恢复：不会删除任何内容',
  'task.damage-found': '{{summary, phrase}}；受影响的内容及处理方法：{{command}}',
  'task.no-snapshot': '快照 {{snapshot}} 不存在',
  'task.refused': '{{reasons, phrases}}',
  'task.snapshot-held': '快照 {{snapshot}} 已被保留：{{why}}；未做任何更改',
  'task.snapshot-locked': '快照 {{snapshot}} 已锁定；未做任何更改',
  'task.snapshot-locked-compliance': '快照 {{snapshot}} 已锁定（合规模式）；未做任何更改',
  'task.volume-not-lost': '存储卷 {{volume}} 已不再是丢失状态',
  'task.volume-not-draining': '存储卷 {{volume}} 已不再处于迁出状态',
  'task.no-node': '节点 {{id}} 不存在，无需移除',
  'task.enrolled-again':
    '在请求移除节点“{{node}}”之后，该节点又重新注册；此前已删除 {{count}} 个快照，不再继续删除。如仍需移除，请再次执行移除',
  'task.nothing-collected':
    '未回收任何空间：{{warning}}。索引是在其损坏期间重建的，或正在恢复，因此无法确定该节点拥有哪些数据块',
  'task.index-grew': '索引中的数据块多于计算开始时；请重试',
  'task.kind-unknown': '此版本不支持类型为“{{kind}}”的任务。请安装请求该任务的版本，然后重新请求',
  'task.spec-damaged': '该 {{kind}} 任务的已存储参数已损坏：{{reason, phrase}}。请重新请求该任务',
  'task.not-queued': '类型为“{{kind}}”的任务无法从一体机的队列中运行。请取消该任务，然后重新请求',
  'task.not-ordered': '类型为“{{kind}}”的任务无法下发给客户端。请取消该任务，然后重新请求',
  'task.not-uploaded': '{{count}} 个快照未上传',
  'task.upload-cancelled': '已取消；上传将在一小时后或收到请求时继续',
  'full.data-directory': '数据目录 {{place}} 的剩余空间不足 {{least, bytes}}；请在该处释放空间。已存储的数据仍可读取',
  'full.snapshots':
    '该节点有 {{snapshots}} 个快照，其描述信息占用 {{bytes, bytes}}；上限为 {{mostSnapshots}} 个和 {{mostBytes, bytes}}。请配置保留策略，或在一体机上删除部分快照',
  'full.reserve':
    '所有存储卷所在的文件系统只剩预留空间：{{volumes}}。已存储的数据仍可读取。请在一体机上释放这些文件系统的空间，或删除快照后执行：{{command}}',
  'full.capacity': '一体机的容量 {{capacity, bytes}} 已用尽；已存储的数据仍可读取',
  'full.nearly': '一体机的容量 {{capacity, bytes}} 几乎用尽',
  'full.other-volumes': '其他存储卷没有空间存放剩余的 {{count}} 个容器：还缺 {{missing, bytes}}',
  'order.service-stopped': '客户端服务已停止',
  'order.away': '客户端已离线 15 分钟',
  'order.cancelled-away': '在客户端离线期间已取消',
  'order.no-answer': '客户端没有响应；请检查其服务',
  'order.not-sent': '无法下发任务：{{reason, phrase}}',
  'order.no-snapshot': '客户端报告已完成，但一体机未收到快照',
  'order.not-upgraded': '客户端报告已升级，但连接时的版本为“{{software}}”',
  'order.no-plan': '备份计划“{{plan}}”已不存在',
  'order.no-package': '一体机已不再提供版本 {{version}} 的安装包。如需提供，请执行：{{command}}',
  'client.cancelled': '已按指令取消',
  'client.failed': '客户端内部错误；详情请查看其日志',
  'client.failed-or-lacks-memory': '客户端内部错误或内存不足；详情请查看其日志',
  'client.disk-full': '客户端磁盘空间不足：{{reason, phrase}}',
  'client.appliance-full': '一体机空间不足：{{reason, phrase}}',
  'client.appliance-read-only': '一体机为只读：{{reason, phrase}}',
  'client.appliance-busy': '一体机繁忙：{{reason, phrase}}',
  'client.appliance-failed': '一体机处理失败：{{reason, phrase}}',
  'client.forbidden': '一体机不允许该操作：{{reason, phrase}}',
  'client.not-admitted': '一体机不接受该节点的证书：{{reason, phrase}}',
  'client.not-found': '未找到：{{reason, phrase}}',
  'client.damaged': '数据已损坏：{{reason, phrase}}',
  'client.frozen': '数据需要先解冻：{{reason, phrase}}',
  'client.refused': '一体机拒绝了请求：{{reason, phrase}}',
  'client.host-unknown': '无法解析一体机的主机名 {{host}}',
  'client.accepts-none': '一体机 {{appliance}} 当前不接受连接',
  'client.unreachable': '无法连接到一体机 {{appliance}}：{{reason, phrase}}',
  'client.connection-lost': '与一体机 {{appliance}} 的连接已断开：{{reason, phrase}}',
  'client.no-answer': '一体机没有响应',
  'client.script-after': '快照已创建，但 {{reason, phrase}}',
  'client.script-too-long': '脚本 {{script}} 运行超过 {{seconds}} 秒，已被终止',
  'client.script-failed': '脚本 {{script}} 运行失败，退出码为 {{code}}',
  'client.script-name': '脚本名称“{{script}}”无效；只能包含字母、数字、“.”、“_”和“-”',
  'client.script-missing': '脚本 {{script}} 不存在；备份计划中的脚本须位于该目录',
  'client.script-writable': '所有者以外的用户可以写入 {{file}}；不会运行其中的脚本',
  'client.script-owner': '{{file}} 属于 {{owner}}，而不是 root 或服务的用户；不会运行其中的脚本',
  'client.script-not-executable': '{{script}} 没有执行权限',
  'client.command-not-run': '无法运行 {{command}}，因此未创建快照：{{reason, phrase}}',
  'client.command-ended': '{{command}} 被信号 {{signal}} 终止，因此未为其输出创建快照',
  'client.command-failed': '{{command}} 运行失败，退出码为 {{code}}，因此未为其输出创建快照',
  'client.nothing-to-back-up': '没有需要备份的内容',
  'client.nothing-there': '要备份的路径均不存在：{{reason, phrase}}',
  'client.path-empty': '有一个要备份的路径为空',
  'client.path-unusable': '无法备份 {{path}}：{{reason, phrase}}',
  'client.target-path': '无法恢复到“{{target}}”；需要不含“.”和“..”的绝对路径',
  'client.target-parent': '无法恢复到“{{target}}”：其上级目录均不存在',
  'client.target-not-allowed':
    '该客户端只允许按指令恢复到 {{below}} 之下，不能恢复到 {{target}}；其管理员可通过以下命令更改：{{command}}',
  'client.files-damaged-in-store': '一体机中有 {{count}} 个文件已损坏；详情请查看任务日志',
  'client.files-damaged': '{{count}} 个文件已损坏；详情请查看任务日志',
  'client.drill-room': '{{directory}} 的剩余空间不足以存放 {{bytes, bytes}} 的抽样；需要两倍的空间',
  'client.target-full': '恢复目标已没有剩余空间：{{reason, phrase}}',
  'client.target-broken': '恢复目标已无法写入：{{reason, phrase}}',
  'client.target-removed': '已被其他程序删除',
  'client.target-tight':
    '恢复目标没有足够的空间存放上面列出的内容（{{reason, phrase}}）；其余内容均已恢复。请释放空间，然后重新执行以继续',
  'client.target-replaced':
    '恢复目标的路径已不再指向恢复时的目录：该目录在此期间被卸载、移动或替换。请重新挂载，然后重新执行',
  'client.target-replaced-because':
    '恢复目标的路径已不再指向恢复时的目录：该目录在此期间被卸载、移动或替换。请重新挂载，然后重新执行（{{reason, phrase}}）',
  'client.restore-stopped':
    '{{reason, phrase}}；已停止，已恢复 {{count}} 个文件，另有 {{correct}} 个文件经检查无误。重新执行即可继续',
  'client.restore-unfinished':
    '{{stopped, phrase}}；届时将使用 {{count}} 个文件的未完成部分，其名称以 .holdfast-partial- 开头，对应文件：{{paths}}',
  'client.restore-unstored':
    '{{stopped, phrase}}。最后恢复的文件可能缺少文件系统尚未存储的内容；默认的 --overwrite 方式会找到并修复这些文件',
  'client.no-package': '一体机没有提供适用于 {{architecture}}、类型为 {{kind}} 的版本 {{version}} 安装包',
  'client.installer-not-begun': '安装程序未在 2 分钟内开始。请在节点上启动：{{command}}',
  'client.installer-not-ended':
    '安装程序未在 {{hours}} 小时内结束，不得再安装该安装包。请在节点上执行：journalctl -u holdfast-upgrade 和 systemctl start holdfast-upgrade',
  'client.installer-busy':
    '安装程序尚未结束之前的升级。请在节点上执行 systemctl start holdfast-upgrade，并查看 journalctl -u holdfast-upgrade；然后重新下发升级',
  'client.package-size': '{{file}} 有 {{size}} 字节，而签名对应的是 {{signed}} 字节；该文件不完整，或不是同一个文件',
  'client.package-content': '{{file}} 不是已签名的文件：其 SHA-256 为 {{actual}}，而签名对应的是 {{signed}}',
  'client.package-room': '{{file}} 所在的文件系统没有空间存放安装包的 {{missing, bytes}}；请释放空间，然后重新下发升级',
  'client.not-from-package':
    '该客户端不是通过安装包安装的（{{directory}} 中没有 {{file}}），因此一体机无法升级它。请按原来的安装方式升级',
  'client.package-of-other': '{{package}} 不是客户端的安装包',
  'client.package-unfit': '{{package}} 不适用于该客户端：其架构为 {{architecture}}，安装类型为 {{kind}}',
  'client.package-older':
    '{{package}} 的版本低于该客户端的版本 {{version}}。如需在该机器上允许较低版本，请在 /etc/holdfast/client.toml 中设置 allow-downgrade = true，然后重启 holdfast-client',
  'release.no-key':
    '该安装没有受信任的发布密钥（{{directory}} 中没有），因此无法验证 {{what}}。请通过系统的软件包管理器升级到使用发布密钥构建的安装包',
  'release.key-unknown':
    '{{what}} 使用密钥 {{key}} 签名，该安装不信任此密钥；受信任的密钥为 {{trusted}}（{{directory}}）',
  'release.unverifiable': '无法验证 {{what}} 的签名：{{reason, phrase}}',
  'release.wrong-signature': '{{what}} 的签名不正确：它已被篡改，或使用了其他密钥',

  // ---- events

  'room.data-directory':
    '数据目录 {{directory}} 所在的文件系统只剩 {{free, bytes}}。清单、索引和控制数据库都存放在那里；低于 {{least, bytes}} 时将拒绝备份。请在该文件系统上释放空间',
  'room.again': '空间已恢复充足：{{figures, phrase}}',
  'room.nearly-full': '一体机空间即将不足：{{figures, phrase}}；{{forecast, phrase}}。{{todo, phrase}}',
  'room.almost-full': '一体机空间几乎用尽，很快将拒绝备份：{{figures, phrase}}；{{forecast, phrase}}。{{todo, phrase}}',
  'room.full': '已拒绝备份：型号的容量已用尽。已存储的数据仍可读取。{{figures, phrase}}。{{todo, phrase}}',
  'room.reserve-reached':
    '已拒绝备份：存储卷所在的文件系统只剩预留空间。已存储的数据仍可读取。{{figures, phrase}}。{{todo, phrase}}',
  'room.to-do':
    '如需释放空间，请减少保留的快照（{{preview}}），或将已上传到异地备份库的容器移出存储卷（{{evict}}），然后回收空间：{{collect}}',
  'room.figures': '已用 {{used, bytes}}，共 {{capacity, bytes}}，剩余 {{left, bytes}}',
  'room.figures-limited':
    '已用 {{used, bytes}}，共 {{capacity, bytes}}，剩余 {{left, bytes}}（文件系统的容量小于型号的 {{profile, bytes}}）',
  'room.forecast': '按最近 {{count}} 天的增长，预计将于 {{day, day}} 用尽',
  'room.forecast-unknown': '暂时无法预测何时用尽',

  'event.suspended':
    '“{{node}}”的备份已暂停：{{reason, phrase}}。未存储其任何内容。请查明该机器是否被入侵或出现故障，然后执行：{{command}}',
  'event.content-mismatch': '“{{node}}”发送了一个内容与摘要不符的数据块；未存储其任何内容。请检查该机器的内存',
  'event.containers-damaged':
    '有 {{count}} 个容器无法完整读取；第一个：{{first}}。其他一切照常运行。客户端将在下次备份时补传其仍有的数据；任务 {{task}} 会列出受影响的文件',
  'event.damage': '{{summary, phrase}}。客户端将在下次备份时补传其仍有的数据。详情请执行：{{command}}',
  'found.damage':
    '发现无法修复的损坏：{{findings, phrase}}，涉及 {{nodes, phrase}}、{{snapshots, phrase}}中的 {{files, phrase}}',
  'found.damage-at-least':
    '发现无法修复的损坏：{{findings, phrase}}，涉及 {{nodes, phrase}}、{{snapshots, phrase}}中的至少 {{files, phrase}}',
  'found.findings': '{{count}} 处损坏',
  'found.files': '{{count}} 个文件',
  'found.snapshots': '{{count}} 个快照',
  'found.nodes': '{{count}} 个节点',
  'event.volume-lost':
    '丢失的存储卷 {{volume}} 上有 {{containers}} 个容器不在任何异地备份库中；{{snapshots}} 个快照已损坏。如需查看这些快照，请执行：{{command}}。请重新备份其节点：节点仍有的数据会重新存储',
  'event.volume-missing':
    '存储卷 {{volume}} 缺失：{{reason}}。备份会写入其他存储卷；此存储卷上的数据无法恢复。请挂载其磁盘。如果磁盘已损坏，请执行：{{command}}',
  'event.clock-behind':
    '本机时钟显示 {{now, time}}，但一体机在 {{last, time}} 已经运行过。请校准时钟：证书、备份计划和保留策略均以时钟为准',
  'event.api-certificate-refused':
    '控制台和 API 的新证书未被采用：{{reason}}。原证书将继续使用至 {{until, time}}。请更正文件；系统会自动重新读取',
  'event.api-certificate-ends':
    '{{place}} 中的控制台和 API 证书将于 {{at, time}} 到期，此后浏览器将拒绝该证书。{{todo, phrase}}',
  'event.api-certificate-ended':
    '{{place}} 中的控制台和 API 证书已于 {{at, time}} 到期，浏览器会拒绝该证书。{{todo, phrase}}',
  'api-certificate.replace-files': '请在文件中更换证书及其密钥；系统会自动重新读取',
  'api-certificate.replace-settings': '请在控制台的设置中更换证书及其密钥',
  'expiry.authority':
    '一体机证书颁发机构的证书将于 {{at, day}} 到期，此后任何节点都无法连接。请及时部署新的一体机，并将所有节点注册到新的一体机',
  'expiry.authority-ended':
    '一体机证书颁发机构的证书已于 {{at, day}} 到期，任何节点都无法连接。请部署新的一体机，并将所有节点注册到新的一体机',
  'expiry.node':
    '此节点的证书将于 {{at, day}} 到期，此后节点将无法连接。客户端在连接时会续订证书；最近一次连接是在 {{seen, day}}。请启动客户端；如果客户端能够连接但未续订证书，请升级客户端。如果都无法做到，请使用以下命令创建的令牌为节点颁发新证书：{{command}}',
  'expiry.node-never-seen':
    '此节点的证书将于 {{at, day}} 到期，此后节点将无法连接。客户端在连接时会续订证书，但从未连接过。请启动客户端；如果客户端能够连接但未续订证书，请升级客户端。如果都无法做到，请使用以下命令创建的令牌为节点颁发新证书：{{command}}',
  'expiry.node-ended':
    '此节点的证书已于 {{at, day}} 到期，节点无法连接。请使用以下命令创建的令牌为节点颁发新证书：{{command}}',
  'event.certificate-early':
    '此节点无法连接：其证书自 {{from, time}} 起才有效。本一体机的时钟显示 {{now, time}}，很可能有误，因为该证书由本一体机颁发。请校准时钟（{{synchronize}}）；之后节点会自动恢复连接',
  'event.certificate-ended':
    '此节点无法连接：其证书已于 {{ended, time}} 到期。本一体机的时钟显示 {{now, time}}。如果时钟有误，请校准时钟（{{synchronize}}），节点会自动恢复连接。如果时钟无误，请使用以下命令创建的令牌为节点颁发新证书：{{token}}',
  'event.hardware': '{{part, phrase}}：{{state, phrase}}：{{detail}}。{{advice, phrase}}',
  'event.hardware-mended': '{{part, phrase}}已恢复正常：{{detail}}',
  'hardware.not-noticed': '在此问题解决之前，无法发现故障',
  'hardware.is-ok': '正常',
  'hardware.is-warning': '警告',
  'hardware.is-failed': '故障',
  'hardware.is-unknown': '未知',
  'hardware.is-absent': '缺失',
  'hardware.power-supply': '电源 {{name}}',
  'hardware.fan': '风扇 {{name}}',
  'hardware.temperature': '温度 {{name}}',
  'hardware.raid-controller': 'RAID 控制器 {{name}}',
  'hardware.write-cache': '写缓存 {{name}}',
  'hardware.battery': '缓存电池 {{name}}',
  'hardware.array': '阵列 {{name}}',
  'hardware.disk': '磁盘 {{name}}',
  'hardware.memory': '内存 {{name}}',
  'hardware.event-log': '事件日志：{{name}}',
  'hardware.all-power-supply': '全部电源',
  'hardware.all-fan': '全部风扇',
  'hardware.all-temperature': '全部温度',
  'hardware.all-raid-controller': '全部 RAID 控制器',
  'hardware.all-write-cache': '全部写缓存',
  'hardware.all-battery': '全部缓存电池',
  'hardware.all-array': '全部阵列',
  'hardware.all-disk': '全部磁盘',
  'hardware.all-memory': '全部内存错误',
  'hardware.all-event-log': '全部事件日志',
  'hardware.advice-power-supply': '请检查其电源线和供电；如果都正常，请在服务器运行时更换电源',
  'hardware.advice-fan': '请在服务器过热之前更换',
  'hardware.advice-temperature': '请检查空调和风扇，并确认通风未受阻',
  'hardware.advice-raid-controller': '请使用厂商工具查看控制器的日志',
  'hardware.advice-write-cache': '请检查控制器的电池，然后使用厂商工具设置为回写模式',
  'hardware.advice-battery': '如果正在充电，请等待；否则请更换：没有电池时，写缓存不安全或已关闭',
  'hardware.advice-array': '请更换故障磁盘并等待阵列重建；在此之前再发生故障可能丢失数据',
  'hardware.advice-disk': '请在阵列的其他磁盘均正常时更换',
  'hardware.advice-memory': '请测试内存，并更换系统事件日志所指的内存条',
  'hardware.advice-event-log': '请使用“ipmitool sel elist”查看日志，并更换其中所指的部件',
  'event.retention-paused':
    '{{reason, phrase}}。该快照为 {{snapshot}}；其之前的快照 {{clean}} 已保留。在您检查并执行以下命令之前，保留策略不会删除此节点的任何快照：{{command}}',
  'event.order': '{{kind}}（{{description}}）',
  'event.order-failed': '{{order, phrase}}，任务 {{task}}：{{reason, phrase}}',
  'event.plan': '备份计划“{{plan}}”',
  'event.overdue': '{{plan, phrase}}自 {{since, time}} 起未创建任何快照，应于 {{due, time}} 执行：{{reason, phrase}}',
  'event.overdue-since-bound': '{{plan, phrase}}自绑定以来未创建任何快照，应于 {{due, time}} 执行：{{reason, phrase}}',
  'event.caught-up': '{{plan, phrase}}已恢复创建快照',
  'overdue.paused': '该备份计划已暂停。如需恢复：{{resume}}；如需在某日之前不再收到提醒：{{pause}}',
  'overdue.not-connected': '客户端服务未连接（在节点上执行：holdfast service）',
  'overdue.not-begun': '尚未开始',
  'overdue.goes-on': '最近一次尝试（任务 {{task}}）仍在进行',
  'overdue.done': '最近一次尝试（任务 {{task}}）已完成',
  'overdue.failed': '最近一次尝试（任务 {{task}}）失败（{{reason, phrase}}）',
  'overdue.broken': '最近一次尝试（任务 {{task}}）已中断（{{reason, phrase}}）',
  'overdue.cancelled': '最近一次尝试（任务 {{task}}）已取消（{{reason, phrase}}）',
  'event.drill-frozen':
    '任务 {{task}} 的恢复演练未能读取任何数据：样本中的全部 {{files}} 个文件在异地备份库中处于冻结状态，或其存储类型会收取读取费用。如需证明数据可以恢复，请解冻该快照并恢复其中一部分',
  'event.drill-failed': '任务 {{task}} 的恢复演练发现 {{files}} 个文件中有 {{wrong}} 个不正确',
  'event.roll-out-stopped':
    '备份计划不再将客户端升级到版本 {{version}}，因为在节点“{{node}}”上升级失败，任务 {{task}}：{{reason, phrase}}。排除原因后，请重新下发升级，备份计划会继续升级：{{upgrade}}；如需放弃该版本，请移除其安装包：{{packages}}',
  'event.audit-broken': '审计日志与写入时不一致：{{first}}（共 {{count}} 处；如需查看：{{command}}）',
  'event.password-guessed': '有人从 {{address}} 猜测用户“{{user}}”的密码',
  'event.report-failed':
    '应于 {{due, time}} 发送的报告未能发送：{{reason, phrase}}。系统会重试；排除原因后，请执行：{{command}}',
  'event.identity-older-copy':
    '位于 {{address}} 的“{{node}}”使用了状态目录的旧副本，该目录此前位于 {{before}}（{{seen, phrase}}）。如果恢复了该目录或机器被回滚，则属正常；如果两台机器都继续运行，请为副本分配独立的身份：{{enroll}}',
  'event.identity-moved': '“{{node}}”已从 {{before}}（{{seen, phrase}}）迁移到位于 {{address}} 的另一台机器或目录',
  'event.identity-copied-first-keeps':
    '两台机器使用“{{node}}”的身份：第一台位于 {{first}}（{{seen, phrase}}），第二台位于 {{second}}（当前）。其中一台持有另一台状态目录的副本。第一台保留该身份，第二台被拒绝；请在第二台上执行：{{enroll}}。如果应停用第一台，请先将其停止，然后执行：{{release}}',
  'event.identity-copied-second-keeps':
    '两台机器使用“{{node}}”的身份：第一台位于 {{first}}（{{seen, phrase}}），第二台位于 {{second}}（当前）。其中一台持有另一台状态目录的副本。第二台保留该身份，第一台被拒绝；请在第一台上执行：{{enroll}}。如果应停用第二台，请先将其停止，然后执行：{{release}}',
  'identity.last-seen': '最近出现于 {{at, time}}',
  'identity.connected-now': '当前已连接',
  'identity.seen-before-release': '最近出现于该身份释放之前',
  'event.upload': '上传到 {{vault}}',
  'event.upload-failed': '{{upload, phrase}} 失败，将会重试：{{reason, phrase}}',
  'event.vault-adopted':
    '{{vault}} 现已归本一体机所有，其中的 {{snapshots}} 个快照和 {{containers}} 个容器不会重新上传',
  'event.vault-adopted-with-others':
    '{{vault}} 现已归本一体机所有，其中的 {{snapshots}} 个快照和 {{containers}} 个容器不会重新上传；其中 {{others}} 个快照在本一体机上不存在。如需取回，请从 {{vault}} 恢复到另一个目录',
  'event.recovery-incomplete':
    '从 {{vault}} 恢复时发现 {{count}} 项缺失或损坏；日志中列出了详情。第一项：{{first}}。下一步：{{command}}',
  'event.control-healed':
    '控制数据库已损坏，并已由其副本 {{copy}} 替换。此后所做的决定已丢失：请检查已吊销的节点、保留策略、备份计划和快照的删除保护；已按保留策略重新锁定 {{locked}} 个快照',
  'event.vault-damaged': '{{vault}}：{{what, phrase}}',
  'vault.listed-again': '根 {{root}} 重新列出了异地备份库中 {{count}} 个丢失的对象曾列出的内容',
  'vault.stored-again': '对象 {{object}} 缺失或损坏，已从 {{copy}} 重新存储',
  'vault.root-damaged':
    '{{reason, phrase}}。根 {{root}} 并非由本一体机写入，或本一体机没有相关记录，因此无法重新存储；如需接管，请执行：{{command}}，并指定一个完好的根的编号',
  'vault.no-root':
    '{{url}} 中已没有根；本一体机曾见过根 {{known}}。该异地备份库已被删除或替换。在查明原因之前不会上传任何内容。如需按本一体机的记录重新存储根，并查看还缺失什么，请执行：{{command}}',
  'vault.set-back':
    '{{url}} 已被回退：其最新的根为 {{newest}}，本一体机曾见过 {{known}}。在查明原因之前不会上传任何内容。如需按本一体机的记录重新存储根，并查看还缺失什么，请执行：{{command}}',
  'vault.foreign':
    '{{url}} 中是异地备份库 {{vault}}，而本一体机的异地备份库为 {{own}}。请为本一体机使用独立的 Bucket 或前缀',
  'vault.taken-over':
    '{{url}} 已于 {{at, time}} 被一体机 {{writer}} 接管；本一体机不再向其写入。如需将那里备份的数据取回，请从该异地备份库恢复',
  'vault.written-to': '{{url}} 正由一体机 {{writer}} 写入；如需接管，请执行：{{command}}',
  'vault.in-use':
    '{{url}} 正由同一异地备份库的一体机 {{writer}} 使用。如果该一体机已不存在，请使用原来的选项重新设置，本一体机即可接管：{{command}}。如需取回其中的数据，请从中恢复到另一个目录',
  'vault.credentials-closed': '无法打开 {{url}} 的凭据：{{reason, phrase}}。如需重新提供凭据，请执行：{{command}}',
  'vault.newer-settings':
    '无法读取异地备份库“{{name}}”的设置：由更高版本创建。请安装该版本，或重新设置异地备份库：{{command}}',
  'vault.elsewhere':
    '{{url}} 与本一体机的异地备份库“{{name}}”原来的位置 {{known}} 不同。原位置中的内容不视为在此处。如需确定使用哪一个，请停止一体机并取消设置：{{command}}，然后设置其中之一；届时会提示所需的操作',
  'vault.no-credentials': '此处没有 {{url}} 的凭据。如需提供凭据，请执行：{{command}}，然后重启一体机',
  'vault.credentials-not-recovered':
    '此处没有 {{url}} 的凭据：恢复不会取回凭据。如需提供凭据，请执行：{{command}}，然后重启一体机',
  'vault.healed': '对象 {{object}} 缺失或损坏，已重新存储',
  'vault.lost': '对象 {{object}} 已丢失：该对象缺失或损坏',
  'vault.both-lost': '对象 {{object}} 已丢失：两个副本均缺失或损坏',
  'vault.not-replaced': '对象 {{object}} 缺失或损坏，其另一副本完好，但存储服务拒绝替换该对象：{{reason, phrase}}',
  'vault.container-lost': '容器 {{container}} 已丢失，因此不再列出：{{reason, phrase}}',
  'vault.manifest-lost': '快照 {{snapshot}} 的清单已丢失，因此不再列出该快照：{{reason, phrase}}',

  // ---- what was seen of clients

  'suspended.chunk-unreadable': '它发送了一个无法读回的数据块：{{reason, phrase}}',
  'suspended.mismatches': '它发送了 {{count}} 个内容与摘要不符的数据块',
  'attack.emptied':
    '仅有 {{files}} 个文件，共 {{bytes, bytes}}，而此前有 {{filesBefore}} 个文件，共 {{bytesBefore, bytes}}：源已被清空或未挂载',
  'attack.files-gone': '仅有 {{files}} 个文件，而通常有 {{usual}} 个：大部分文件已消失',
  'attack.content-gone': '{{files}} 个文件共 {{bytes, bytes}}，而通常有 {{usual, bytes}}：大部分内容已消失',
  'attack.exchanged':
    '{{files}} 个文件中没有一个是此前的文件，其内容有 {{share}}% 是新的：那里可能挂载了其他文件系统，或所有文件已被替换',
  'attack.encrypted': '{{what, phrase}}。新内容几乎无法压缩（压缩至 {{share}}%；通常为 {{usual}}%）：文件可能已被加密',
  'attack.files-changed': '{{share}}% 的文件已更改；通常为 {{usual}}%',
  'attack.files-changed-lately': '最近 {{snapshots}} 个快照中有 {{share}}% 的文件已更改；通常为 {{usual}}%',
  'attack.content-new': '{{share}}% 的内容是新的；通常为 {{usual}}%',
  'attack.content-new-lately': '最近 {{snapshots}} 个快照中有 {{share}}% 的内容是新的；通常为 {{usual}}%',
  'attack.moved-and-more': '{{where, phrase}}。{{what, phrase}}',
  'attack.sources': '{{sources, phrases}}',
  'attack.source-inside':
    '{{source}} 此前位于文件系统 {{before}} 的目录 {{inside}} 中；这次位于同一文件系统的 {{nowInside}} 中：子卷或绑定挂载可能未挂载',
  'attack.source-other-disk':
    '{{source}} 此前位于挂载在 {{mount}} 的 {{before}} 上；这次挂载在那里的是 {{now}}：可能是另一块磁盘',
  'attack.source-not-mounted':
    '{{source}} 此前位于挂载在 {{mount}} 的 {{before}} 上；这次位于 {{nowMount}} 的文件系统（{{now}}）上：原文件系统可能未挂载',
  'attack.source-elsewhere':
    '{{source}} 此前位于挂载在 {{mount}} 的 {{before}} 上；这次位于 {{nowMount}} 的文件系统（{{now}}）上',
  'attack.more-sources': '另有 {{count}} 个源也位于其他文件系统',

  // ---- vaults

  'vault.snapshots-left': '有 {{count}} 个快照未能上传；原因见日志',
  'vault.progress-containers': '容器 {{done}}/{{total}}',
  'vault.progress-index': '索引段 {{done}}/{{total}}',
  'vault.progress-snapshots': '快照 {{done}}/{{total}}',
  'vault.progress-held': '{{progress, phrase}}，{{held, phrase}}',
  'vault.held-back': '受带宽时间表限制，正在等待',
  'vault.quiet': '{{seconds}} 秒内没有数据传输',

  // ---- damage

  'healed.container': '容器 {{number}}',
  'healed.manifest': '清单 {{file}}',
  'healed.from-vault': '来自异地备份库 {{vault}}',
  'healed.from-vaults': '来自异地备份库 {{vaults}} 之一',
  'healed.all': '此前已知的所有损坏',
  'healed.readable': '快照所需的全部数据已可重新读取',

  // ---- what requests were refused for (1)

  'refused.days': '天数必须为 1 至 {{most}}',
  'refused.time-zone': '“{{zone}}”不是有效的时区；请填写如 Europe/Berlin 或 Asia/Shanghai 的时区',
  'refused.permission': '您没有权限{{what, phrase}}；请联系管理员',
  'refused.all-nodes': '权限不足：该操作需要所有节点的访问权限',
  'refused.choice': '{{what}} 的值“{{given}}”无效；有效值为 {{choices}}',
  'permission.view': '查看节点、备份计划、任务、快照、异地备份库和事件',
  'permission.browse': '查看快照中的文件名',
  'permission.restore': '恢复和下载文件',
  'permission.operate': '启动、暂停和取消备份、恢复演练和维护',
  'permission.plan': '更改备份计划及其应用的节点',
  'permission.enrol': '注册机器',
  'permission.nodes': '重命名、升级和移除节点',
  'permission.destroy': '删除快照、更改保留设置，以及解除删除保护、暂停和挂起',
  'permission.protect': '为快照开启删除保护、锁定快照和确认事件',
  'permission.vaults': '更改异地备份库',
  'permission.audit': '查看审计日志',
  'permission.users': '更改用户及其角色',
  'permission.settings': '更改一体机的设置',
  'name.node':
    '节点名称“{{name}}”无效：请使用 1 至 63 个字母（含汉字）、数字、点、连字符和下划线，首字符必须为字母或数字',
  'name.channel':
    '渠道名称“{{name}}”无效：请使用 1 至 63 个字母（含汉字）、数字、点、连字符和下划线，首字符必须为字母或数字',
  'name.plan':
    '备份计划名称“{{name}}”无效：请使用 1 至 63 个英文字母、数字、点、连字符和下划线，首字符必须为字母或数字',
  'name.policy':
    '保留策略名称“{{name}}”无效：请使用 1 至 63 个英文字母、数字、点、连字符和下划线，首字符必须为字母或数字',
  'name.user': '用户名“{{name}}”无效：请使用 1 至 63 个英文字母、数字、点、连字符、下划线和 @，首字符必须为字母或数字',
  'name.tag':
    '标签名称“{{name}}”无效：请使用 1 至 31 个字母（含汉字）、数字、点、连字符和下划线，首字符必须为字母或数字',
  'name.vault': '异地备份库名称“{{name}}”无效：请使用 1 至 31 个小写英文字母、数字和连字符，首字符必须为字母',
  'node.none': '节点“{{node}}”不存在',
  'node.revoked': '节点“{{node}}”已吊销',
  'node.retired': '节点“{{node}}”已停用，不再接受任务',
  'node.already-revoked': '节点“{{node}}”此前已吊销',
  'node.not-suspended': '节点“{{node}}”未被挂起',
  'node.retention-not-paused': '节点“{{node}}”的保留策略未暂停',
  'node.identity-unused': '没有机器使用节点“{{node}}”的身份',
  'node.same-name': '节点“{{node}}”已使用该名称',
  'node.name-taken': '节点“{{node}}”已存在；请选择其他名称',
  'node.named-by-vault':
    '异地备份库“{{vault}}”按包含节点名称的规则上传节点“{{node}}”的快照，该规则也需要更改；您的角色没有权限{{what, phrase}}。请联系管理员重命名该节点',
  'node.already-removed': '节点“{{node}}”已移除；该节点有 {{count}} 个快照',
  'node.already-retired': '节点“{{node}}”已停用；该节点有 {{count}} 个快照',
  'node.snapshots-undecided': '请指定如何处理节点的快照：“{{keep}}”（保留）或“{{forget}}”（删除）',
  'node.kept': '{{snapshots, phrases}}；未做任何更改。请解除删除保护、等待锁定到期，或保留这些快照',
  'node.more-kept': '另有 {{count}} 个快照开启了删除保护或已锁定',
  'node.snapshot-held': '快照 {{snapshot}} 已开启删除保护：{{why}}',
  'node.snapshot-locked': '快照 {{snapshot}} 已锁定至 {{until, time}}',
  'node.snapshot-locked-compliance': '快照 {{snapshot}} 已锁定（合规模式）至 {{until, time}}',
  'node.being-removed': '任务 {{task}} 正在移除节点“{{node}}”及其快照；如需保留剩余的快照，请执行：{{command}}',
  'node.too-many-tags': '一个节点最多有 {{most}} 个标签，而该节点将有 {{tags}} 个；请移除一部分',
  'attack.no-reason': '请用 1 至 {{most}} 个字符说明为何判断为攻击：供后续处理人员参考',
  'alert.no-channel': '渠道“{{channel}}”不存在',
  'alert.secret-of-other': '已存储的密钥属于 {{stored}}，不会发送到 {{wanted}}；请重新填写密钥',
  'alert.not-encrypted':
    '“{{target}}”未加密：途中的监听者可以读取事件、URL 中的令牌和密码。请使用 https:// 或 --security TLS；如需允许，请使用 --allow-plain-http',
  'alert.either': '请填写 Webhook 或邮件之一',
  'alert.no-url': '“{{url}}”不是有效的 Webhook URL；格式为 https://HOST/PATH',
  'alert.mail-port': '邮件服务器的端口必须为 1 至 65535，而不是 {{port}}',
  'alert.mail-incomplete': '邮件渠道需要服务器、发件人和至少一个收件人地址',
  'alert.mail-host': '“{{host}}”不是有效的邮件服务器名称或地址；请填写如 smtp.example.com 的名称',
  'alert.mail-address': '{{field}} 中的“{{address}}”不是有效的邮件地址；请填写如 backup@example.com 的地址',
  'search.name-length': '要搜索的名称必须为 1 至 {{most}} 个字符',
  'search.no-place': '“{{place}}”不是可以继续搜索的位置',
  'search.snapshot-forgotten': '搜索到达的快照已被删除；请重新搜索',
  'snapshot.no-path': '该快照中没有 {{path}}',
  'snapshot.damaged-download': '{{path}} 在该快照中已损坏，无法下载；请从其他快照中获取。详情请执行：{{command}}',
  'snapshot.damaged-file': '{{path}} 在该快照中已损坏，无法读取；请从其他快照中获取。详情请执行：{{command}}',
  'snapshot.no-file': '{{path}} 不是文件，因此没有内容',
  'snapshot.no-picture': '{{path}} 不是可以显示的图片；请下载后查看',
  'snapshot.encodings': '预览的编码为 {{encodings}}',
  'api-certificate.not-served': '未提供控制台：请使用 --api 启动一体机',
  'api-certificate.of-files':
    '证书来自选项 --api-certificate 指定的 {{file}}。请更换该文件及其密钥，或去掉该选项并重启一体机',
  'api-certificate.none-uploaded': '未上传过证书；无法恢复为自签发的证书',
  'client-package.no-token': '需要有效且未使用过的注册令牌',
  'client-package.not-this': '一体机未提供该客户端安装包',
  'client-package.no-signature': '请提供该安装包的签名',
  'client-package.signature-form': '{{why, phrase}}。安装包 FILE 的签名是文件 FILE.sig',
  'client-package.no-base64': '内容不是 Base64 编码',
  'client-package.none': '安装包“{{package}}”不存在',
  'client-package.no-nodes': '请指定节点，或选择全部节点',
  'client-package.other-version':
    '任务 {{task}} 正在将节点升级到版本 {{ordered}}，而不是 {{wanted}}；请等待其结束，或取消该任务：{{command}}',
  'client-package.order-unreadable': '升级任务 {{task}} 无法读取：{{why, phrase}}',
  'client-package.none-offered': '一体机未提供客户端安装包。如需提供，请执行：{{command}}',
  'client-package.no-version': '一体机未提供版本 {{version}} 的安装包；如需查看，请执行：{{command}}',
  'client-package.version-form': '“{{version}}”不是有效的版本号：必须以数字开头，最多 64 个字母、数字和 . + ~',
  'client-package.other-product': '这是 {{package}} 的签名；一体机提供的是 {{product}} 的安装包',
  'client-package.too-many': '一体机已有 {{most}} 个安装包，达到上限；请先移除一部分',
  'client-package.no-room': '{{directory}} 所在的文件系统没有空间存放 {{size}} 字节；请释放空间，或移除安装包',
  'client-package.not-offered': '未登记安装包 {{package}}；请先提供其签名',
  'client-package.other-part':
    '安装包 {{package}} 已收到 {{received}} 字节，共 {{size}} 字节；请发送后续部分，而不是从 {{offset}} 开始的 {{sent}} 字节',
  'client-package.other-file':
    '该文件不是已签名的文件：其 SHA-256 为 {{actual}}，而签名对应的是 {{signed}}。请使用该文件的签名',
  'damage.no-place': '“{{place}}”不是可以继续列出的位置',
  'drill.no-nodes': '请至少指定一个节点',
  'drill.no-report': '任务 {{task}} 没有恢复演练报告',
  'node.no-snapshot': '节点“{{node}}”还没有快照',
  'enrolment.validity': '令牌的有效期必须为 1 至 {{most}} 分钟',
  'enrolment.tags-of-old': '令牌只能为新节点设置标签；请通过“node tag”或在控制台的节点页面上更改节点“{{node}}”的标签',
  'enrolment.some-nodes': '您只能查看部分节点，因此无法注册其他节点',
  'enrolment.by-token':
    'API 令牌只能为新节点创建注册令牌；现有节点的注册令牌须由人员在控制台中或通过“token create --node”创建',
  'enrolment.no-restore': '为现有节点颁发新证书需要恢复其快照的权限',
  'enrolment.no-token': '未使用的注册令牌“{{token}}”不存在',
  'event.none-open': '没有待确认的事件 {{event}}',
  'folders.after': '“after”必须为文件夹名称，不含“/”',
  'folders.path': '“path”必须为绝对路径，最多 {{most}} 个字符，不含“.”和“..”',
  'folders.not-listed': '节点“{{node}}”无法列出该目录的文件夹：{{why}}',
  'folders.not-connected': '节点“{{node}}”未连接，无法列出其文件夹。请启动其客户端服务，或直接填写路径',
  'folders.not-asked': '节点“{{node}}”：{{why, phrase}}',
  'folders.no-answer':
    '节点“{{node}}”未在 {{seconds}} 秒内列出 {{directory}}。可能是连接缓慢，或该目录所在的文件系统没有响应；请重试，或直接填写路径',
  'hardware.no-part': '部件 {{kind}}“{{name}}”不存在；可通过“hardware show --json”查看各部件的类型和名称',
  'hardware.still-reported':
    '部件 {{kind}}“{{name}}”的状态为“{{state, phrase}}”，仍在报告中；只能清除状态为缺失或未知的部件',
  'order.client-lacks-options': '该备份计划的选项需要更高版本的客户端；请升级该节点的客户端',
  'order.client-lacks-upgrade': '该节点的客户端版本过低，无法自行升级；请在节点上手动安装一次新的安装包',
  'order.client-lacks-folders': '该节点的客户端版本过低，无法列出其文件夹；请升级客户端',

  // ---- what requests were refused for (2)
};
