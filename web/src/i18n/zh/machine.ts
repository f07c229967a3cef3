/** Certificate, time, updates and support on the settings page. */
export const machine: Record<string, string> = {
  'The appliance’s own authority. It is renewed automatically.': '一体机自身的证书颁发机构，自动续期。',
  'Uploaded in the console': '在控制台中上传',
  'Files of the option --api-certificate': '选项 --api-certificate 指定的文件',
  'This is not PEM text.': '这不是 PEM 文本。',
  'The certificate is shown from the next connection on': '将从下一次连接起使用该证书',
  'Upload a certificate': '上传证书',
  'Check and use': '检查并使用',
  'Certificate, then those of its issuers (PEM)': '证书，以及各级颁发者的证书（PEM）',
  'The first is the certificate of this appliance. A missing issuer makes browsers refuse it.':
    '第一个是此一体机的证书。缺少颁发者的证书会导致浏览器拒绝。',
  'Private key (PEM, without a password)': '私钥（PEM，无密码）',
  'The pair is checked before it is used. If browsers refuse it all the same, run on the appliance: holdfast-appliance certificate reset':
    '使用前会检查证书和私钥。如浏览器仍然拒绝，请在一体机上运行：holdfast-appliance certificate reset',
  Origin: '来源',
  Subject: '使用者',
  Names: '名称',
  Issuer: '颁发者',
  'Fingerprint (SHA-256)': '指纹（SHA-256）',
  'Certificate of the console': '控制台的证书',
  'Return to the appliance’s own certificate?': '恢复使用一体机自身的证书？',
  'The uploaded certificate and its key are deleted. Browsers that do not trust the authority of the appliance show a warning.':
    '上传的证书和私钥将被删除。不信任一体机证书颁发机构的浏览器会显示警告。',
  Return: '恢复',
  'Return to the appliance’s own': '恢复使用一体机自身的证书',
  'Clock of the appliance': '一体机的时钟',
  Synchronised: '时间同步',
  'yes, by the time service of the machine since its start': '是，系统启动后已由时间服务同步',
  'not known here; run on the appliance: timedatectl': '此处无法得知；请在一体机上运行：timedatectl',
  'The clock differs from that of this browser by {{time}}. Schedules, locks and certificates follow the clock of the appliance.':
    '一体机的时钟与此浏览器相差 {{time}}。计划、锁定和证书以一体机的时钟为准。',
  Time: '时间',
  'No package of the client is offered to nodes. To offer one, run on the appliance:':
    '尚未向节点提供客户端软件包。如需提供，请在一体机上运行：',
  'Offered to nodes:': '向节点提供：',
  Updates: '更新',
  'Version of the appliance': '一体机版本',
  'The appliance looks for no updates by itself. Install a new release with the package manager of the machine. Before that, its own check says whether it reads the data of this one:':
    '一体机不会自动检查更新。请使用系统的软件包管理器安装新版本。安装之前，可用新版本自带的检查确认它能否读取当前版本的数据：',
  'Upgrade check': '升级检查',
  'Offer a client package': '提供客户端软件包',
  'The support bundle was made': '已生成支持信息包',
  Support: '支持',
  'A support bundle has versions, state, events, tasks and logs as plain text. Secrets and names of files are left out; names of nodes and users are in it. Look at it before you send it.':
    '支持信息包以纯文本包含版本、状态、事件、任务和日志。不含密钥和文件名，但含节点名和用户名。发送之前请查看内容。',
  'Download a support bundle': '下载支持信息包',
  'Where the console does not answer, run on the appliance:': '控制台无响应时，请在一体机上运行：',
  'Support bundle': '支持信息包',
};
