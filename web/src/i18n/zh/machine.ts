/** Certificate, time, updates and support on the settings page. */
export const machine: Record<string, string> = {
  'Own certificate authority of the appliance. Renewed automatically.': '一体机自身的证书颁发机构，自动续期。',
  'Uploaded in the console': '在控制台中上传',
  'Files of the option --api-certificate': '选项 --api-certificate 指定的文件',
  'This is not PEM text.': '这不是 PEM 文本。',
  'The certificate is used from the next connection on': '将从下一次连接起使用该证书',
  'Upload a certificate': '上传证书',
  'Check and use': '检查并使用',
  'Certificate, then those of its issuers (PEM)': '证书，以及各级颁发者的证书（PEM）',
  'The first is the certificate of this appliance. A missing issuer makes browsers refuse it.':
    '第一个是此一体机的证书。缺少颁发者的证书会导致浏览器拒绝。',
  'Private key (PEM, without a password)': '私钥（PEM，无密码）',
  'Certificate and key are checked before they are used. If browsers still refuse the certificate, run on the appliance: holdfast-appliance certificate reset':
    '使用前会检查证书和私钥。如浏览器仍然拒绝，请在一体机上运行：holdfast-appliance certificate reset',
  Origin: '来源',
  Subject: '使用者',
  Names: '名称',
  Issuer: '颁发者',
  'Fingerprint (SHA-256)': '指纹（SHA-256）',
  'Certificate of the console': '控制台的证书',
  'Delete the uploaded certificate?': '删除上传的证书？',
  'The certificate and its key are deleted, and the appliance uses its own certificate again. Browsers that do not trust its certificate authority show a warning.':
    '证书和私钥将被删除，一体机重新使用自身的证书。不信任其证书颁发机构的浏览器会显示警告。',
  Delete: '删除',
  'Delete uploaded certificate': '删除上传的证书',
  'Clock of the appliance': '一体机的时钟',
  Synchronised: '时间同步',
  'Yes, by the time service of the machine': '是，由机器的时间服务同步',
  'Unknown. Run on the appliance: timedatectl': '未知。请在一体机上运行：timedatectl',
  'The clock differs from that of this browser by {{time}}. Schedules, locks and certificates follow the clock of the appliance.':
    '一体机的时钟与此浏览器相差 {{time}}。时间表、锁定和证书以一体机的时钟为准。',
  'No client package is offered to nodes. To offer one, run on the appliance:':
    '尚未向节点提供客户端软件包。如需提供，请在一体机上运行：',
  'Offered to nodes:': '向节点提供：',
  Updates: '更新',
  'Version of the appliance': '一体机版本',
  'The appliance does not check for updates. Install a new release with the package manager of the machine. First run the check of the new release, which shows whether it can read the data of this version:':
    '一体机不会检查更新。请使用机器的软件包管理器安装新版本。安装之前，请先运行新版本的检查，确认它能否读取当前版本的数据：',
  'Upgrade check': '升级检查',
  'Offer a client package': '提供客户端软件包',
  'The support bundle was created': '已生成支持信息包',
  Support: '支持',
  'A support bundle contains versions, state, events, tasks and logs as plain text. It contains names of nodes and users, but no secrets and no file names. Review it before you send it.':
    '支持信息包以纯文本包含版本、状态、事件、任务和日志。其中有节点名和用户名，没有密钥和文件名。发送之前请检查内容。',
  'Download a support bundle': '下载支持信息包',
  'If the console does not respond, run on the appliance:': '如控制台无响应，请在一体机上运行：',
  'Support bundle': '支持信息包',
};
