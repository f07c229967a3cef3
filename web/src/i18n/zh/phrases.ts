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

  // ---- events

  'room.data-directory':
    '数据目录 {{directory}} 所在的文件系统只剩 {{free, bytes}}。清单、索引和控制数据库都存放在那里；低于 {{least, bytes}} 时将拒绝备份。请在该文件系统上释放空间',
  'room.again': '空间已恢复充足：{{figures, phrase}}',
  'room.nearly-full': '一体机空间即将不足：{{figures, phrase}}；{{forecast, phrase}}。{{todo, phrase}}',
  'room.almost-full': '一体机空间几乎用尽，很快将拒绝备份：{{figures, phrase}}；{{forecast, phrase}}。{{todo, phrase}}',
  'room.full': '已拒绝备份：配置文件的容量已用尽。已存储的数据仍可读取。{{figures, phrase}}。{{todo, phrase}}',
  'room.reserve-reached':
    '已拒绝备份：卷所在的文件系统只剩预留空间。已存储的数据仍可读取。{{figures, phrase}}。{{todo, phrase}}',
  'room.to-do':
    '如需释放空间，请减少保留的快照（{{preview}}），或将已上传到异地备份库的容器移出卷（{{evict}}），然后回收空间：{{collect}}',
  'room.figures': '已用 {{used, bytes}}，共 {{capacity, bytes}}，剩余 {{left, bytes}}',
  'room.figures-limited':
    '已用 {{used, bytes}}，共 {{capacity, bytes}}，剩余 {{left, bytes}}（文件系统的容量小于配置文件的 {{profile, bytes}}）',
  'room.forecast': '按最近 {{count}} 天的增长，预计将于 {{day, day}} 用尽',
  'room.forecast-unknown': '暂时无法预测何时用尽',

  'event.suspended':
    '“{{node}}”的备份已暂停：{{reason, phrase}}。未存储其任何内容。请查明该机器是否被入侵或出现故障，然后执行：{{command}}',
  'event.content-mismatch': '“{{node}}”发送了一个内容与摘要不符的数据块；未存储其任何内容。请检查该机器的内存',
  // ---- what was seen of clients

  'suspended.chunk-unreadable': '它发送了一个无法读回的数据块：{{reason, phrase}}',
  'suspended.mismatches': '它发送了 {{count}} 个内容与摘要不符的数据块',

  // ---- damage

  'healed.container': '容器 {{number}}',
  'healed.manifest': '清单 {{file}}',
  'healed.from-vault': '来自异地备份库 {{vault}}',
  'healed.from-vaults': '来自异地备份库 {{vaults}} 之一',
  'healed.all': '此前已知的所有损坏',
  'healed.readable': '快照所需的全部数据已可重新读取',
};
