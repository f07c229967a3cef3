/** What users may do, and questions before what reduces safety. */
export const rights: Record<string, string> = {
  'View nodes, plans, tasks, snapshots, vaults and events': '查看节点、备份计划、任务、快照、异地备份库和事件',
  'View the names of files in snapshots': '查看快照中的文件名',
  'Restore and download files': '恢复和下载文件',
  'Start, pause and cancel backups, restore tests and maintenance': '启动、暂停和取消备份、恢复演练和维护任务',
  'Change backup plans and the nodes they apply to': '修改备份计划及其适用的节点',
  'Enrol machines': '注册机器',
  'Rename, upgrade and remove nodes': '重命名、升级和移除节点',
  'Hold and lock snapshots, acknowledge events, forget parts of the server':
    '为快照开启删除保护和锁定快照，确认事件，移除服务器部件的记录',
  'Delete snapshots, change retention, and end holds, pauses and suspensions':
    '删除快照，修改保留策略，解除删除保护、暂停和挂起',
  'Change vaults': '修改异地备份库',
  'Change the settings of the appliance': '修改一体机的设置',
  'Read the audit log': '查看审计日志',
  'Change users and their roles': '修改用户及其角色',
  'Permissions of the program': '程序的权限',
  Permissions: '权限',
  'Revoke token {{token}}?': '吊销令牌 {{token}}？',
  'Programs that use it are refused immediately.': '使用该令牌的程序将立即被拒绝。',
  'Anyone who controls the machine can store backups again and, if restores are allowed, read them.':
    '控制该机器的人将可以再次写入备份；如允许恢复，还可以读取备份。',
  'The other machine is refused from then on. If it is the right one, it is no longer backed up.':
    '此后另一台机器将被拒绝。如果它才是正确的机器，则不再备份。',
  'Release the hold on this snapshot?': '解除此快照的删除保护？',
  'The policy of the node may then delete it.': '之后节点的保留策略可能会删除它。',
  'Remove the second factor of {{user}}?': '移除 {{user}} 的双因素认证？',
  'The password alone is enough to sign in until the user sets up a new second factor. Make sure that the user made this request.':
    '在用户重新设置双因素认证之前，仅凭密码即可登录。请确认该请求由用户本人提出。',
  'This role may:': '该角色可以：',
  'It may not:': '该角色不可以：',
  'Administrators see all nodes.': '管理员可以查看全部节点。',
  'The permissions of the role apply to these nodes only.': '该角色的权限仅适用于这些节点。',
  'Forget {{part}}?': '移除 {{part}} 的记录？',
  'Do this if the part was removed on purpose. Its alert ends within 30 seconds. The part is monitored again when a report lists it.':
    '如该部件是有意拆除的，请执行此操作。其告警将在 30 秒内结束；再次上报时将重新监控。',
  Forget: '移除记录',
  'The part is forgotten within 30 seconds': '将在 30 秒内移除该部件的记录',
  'Hour {{hour}}': '{{hour}} 点',
};
