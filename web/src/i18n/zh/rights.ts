/** What users may do, and questions before what reduces safety. */
export const rights: Record<string, string> = {
  'See nodes, plans, tasks, snapshots, vaults and events': '查看节点、计划、任务、快照、备份库和事件',
  'See the names of files in snapshots': '查看快照中的文件名',
  'Restore and download files': '恢复和下载文件',
  'Start, pause and cancel backups, restore tests and maintenance': '启动、暂停和取消备份、恢复演练和维护任务',
  'Change backup plans and the nodes they apply to': '修改备份计划及其适用的节点',
  'Enrol machines': '注册机器',
  'Rename, upgrade and remove nodes': '重命名、升级和移除节点',
  'Hold and lock snapshots, acknowledge events, forget parts of the server':
    '保留和锁定快照，确认事件，移除服务器部件的记录',
  'Delete snapshots, change retention, and end holds, pauses and suspensions':
    '删除快照，修改保留策略，解除保留、暂停和停用',
  'Change vaults': '修改备份库',
  'Change the settings of the appliance': '修改一体机的设置',
  'Read the audit log': '查看审计日志',
  'Change users and their roles': '修改用户及其角色',
  'The program may': '允许该程序',
  May: '权限',
  'Revoke token {{token}}?': '吊销令牌 {{token}}？',
  'Programs that use it are refused immediately.': '使用该令牌的程序将立即被拒绝。',
  Continue: '继续',
  'Whoever controls the machine can store and, if its restores are allowed, read backups again.':
    '控制该机器的人将可以再次写入备份；如允许其恢复，还可以读取备份。',
  'The other machine is refused from then on. If it is the right one, its backups end.':
    '此后另一台机器将被拒绝。如果它才是正确的机器，其备份将中止。',
  'Release the hold on this snapshot?': '解除此快照的保留？',
  'The policy of the node may then delete it.': '之后节点的保留策略可能会删除它。',
  'Remove the second factor of {{user}}?': '移除 {{user}} 的第二因素？',
  'Their password alone is enough to sign in, until they set up another. Make sure that it is really them who asks.':
    '在重新设置之前，该用户仅凭密码即可登录。请确认确为本人提出的请求。',
  'This role may:': '该角色可以：',
  'It may not:': '该角色不可以：',
  'Administrators see all nodes.': '管理员可以查看全部节点。',
  'What the role may do, it may do for these nodes only.': '该角色的权限仅适用于这些节点。',
  'Forget {{part}}?': '移除 {{part}} 的记录？',
  'Do this if the part was removed on purpose. Its alert ends within 30 seconds, and it is watched again when a report lists it.':
    '如该部件是有意拆除的，请执行此操作。其告警将在 30 秒内结束；再次上报时将重新监控。',
  Forget: '移除记录',
  'The part is forgotten within 30 seconds': '将在 30 秒内移除该部件的记录',
  'Hour {{hour}}': '{{hour}} 点',
};
