package dev.holdfast.control.report;

import dev.holdfast.control.health.Verdict;
import dev.holdfast.control.report.Report.Attention;
import dev.holdfast.protocol.phrase.Language;
import java.time.ZoneId;
import java.util.Map;
import java.util.Objects;

/** What reports say, in the words of the console: its English texts are the keys of its Chinese ones, here as there. */
public final class ReportWords {
    private static final Map<String, String> CHINESE = Map.ofEntries(
            Map.entry("No machine is protected yet", "尚无已保护的机器"),
            Map.entry("The machine is protected", "全部 1 台机器均已保护"),
            Map.entry("All {0} machines are protected", "全部 {0} 台机器均已保护"),
            Map.entry("The machine needs attention", "该机器需要关注"),
            Map.entry("{0} of {1} machines needs attention", "{1} 台机器中有 {0} 台需要关注"),
            Map.entry("{0} of {1} machines need attention", "{1} 台机器中有 {0} 台需要关注"),
            Map.entry("The appliance needs attention", "一体机需要关注"),
            Map.entry(". ", "。"),
            Map.entry("{0}: files of snapshots are damaged", "{0}：快照中的文件已损坏"),
            Map.entry("Damaged files: {0}", "损坏的文件：{0} 个"),
            Map.entry("{0}: plan {1} fails", "{0}：备份计划 {1} 执行失败"),
            Map.entry("(failed runs in a row: {0})", "（连续失败 {0} 次）"),
            Map.entry("{0}: backups are suspended", "{0}：备份已挂起"),
            Map.entry("{0}: the backup of plan {1} is overdue", "{0}：备份计划 {1} 超时未备份"),
            Map.entry(
                    "The client is offline. Start the machine or its holdfast service.", "客户端离线。请启动该机器或其 holdfast 服务。"),
            Map.entry("The plan is paused.", "该备份计划已暂停。"),
            Map.entry("The client is online, but has made no snapshot since it was due.", "客户端在线，但自到期以来未生成快照。"),
            Map.entry("{0} has no snapshots", "{0} 尚无快照"),
            Map.entry("Plan {0} has not run yet.", "备份计划 {0} 尚未执行。"),
            Map.entry("{0} has no plan", "{0} 没有备份计划"),
            Map.entry("No plan backs up this machine on a schedule.", "没有备份计划按时间表备份此机器。"),
            Map.entry("{0}: a backup looks like an attack", "{0}：某次备份疑似遭受攻击"),
            Map.entry("{0}: an attack was confirmed", "{0}：已确认遭受攻击"),
            Map.entry("{0}: the newest snapshot of plan {1} is incomplete", "{0}：备份计划 {1} 的最新快照不完整"),
            Map.entry("Files that could not be read: {0}", "无法读取的文件：{0} 个"),
            Map.entry("No vault is configured", "未配置异地备份库"),
            Map.entry(
                    "There are no off-site copies. If this server is lost, so are all backups.",
                    "没有异地副本。如果这台服务器丢失，所有备份也随之丢失。"),
            Map.entry("Vault {0}: uploads fail", "异地备份库 {0}：上传失败"),
            Map.entry("The volumes are nearly full", "存储卷即将用满"),
            Map.entry("The volumes are almost full; backups will soon be refused", "存储卷几乎已满，备份即将被拒绝"),
            Map.entry("The volumes are full; backups are refused", "存储卷已满，备份被拒绝"),
            Map.entry("Report from {0} to {1}", "{0} 至 {1} 的报告"),
            Map.entry("Needs attention", "需要关注"),
            Map.entry("Nothing needs attention", "没有需要关注的事项"),
            Map.entry("and {0} more", "另有 {0} 项"),
            Map.entry("since {0}", "自 {0} 起"),
            Map.entry("{0} days", "{0} 天"),
            Map.entry("{0} hours", "{0} 小时"),
            Map.entry("{0} minutes", "{0} 分钟"),
            Map.entry("Backups", "备份"),
            Map.entry("Succeeded", "成功"),
            Map.entry("Succeeded with warnings", "成功但有警告"),
            Map.entry("Failed", "失败"),
            Map.entry("Data", "数据"),
            Map.entry("Backed up", "已备份"),
            Map.entry("Sent by the machines", "机器发送"),
            Map.entry("Growth of the storage used", "已用存储增长"),
            Map.entry("not known", "未知"),
            Map.entry("Storage used", "已用存储"),
            Map.entry("{0} of {1}", "{0}，共 {1}"),
            Map.entry("Full in", "预计用满"),
            Map.entry("not predictable", "暂无法预测"),
            Map.entry("Off-site vaults", "异地备份库"),
            Map.entry("last upload {0}; snapshots behind: {1} ({2})", "最近一次上传 {0}；待上传快照：{1} 个（{2}）"),
            Map.entry("last upload {0}; complete", "最近一次上传 {0}；已全部上传"),
            Map.entry("never", "从未"),
            Map.entry("Restore tests", "恢复演练"),
            Map.entry("Passed", "通过"),
            Map.entry("Machines without a restore test that passed", "没有通过恢复演练的机器"),
            Map.entry("Damage", "数据损坏"),
            Map.entry("No damage found", "未发现数据损坏"),
            Map.entry("{0} in {1} snapshots", "{0} 个，涉及 {1} 个快照"),
            Map.entry("Damaged files", "损坏的文件"),
            Map.entry("Further files are damaged; their names are lost.", "另有文件损坏，但其名称已丢失。"),
            Map.entry("Open console", "打开控制台"),
            Map.entry("Show more", "查看详情"),
            Map.entry(
                    "Sent by appliance {0} by its schedule of reports. Times are in {1}.",
                    "由一体机 {0} 按报告的时间表发送。时间所在时区：{1}。"));

    private final boolean chinese;

    private ReportWords(boolean chinese) {
        this.chinese = chinese;
    }

    /** @param language en or zh */
    public static ReportWords of(String language) {
        return new ReportWords(language.equals("zh"));
    }

    String language() {
        return chinese ? "zh-CN" : "en";
    }

    /** A text with its gaps filled; what fills them is not looked at again. */
    String say(String text, Object... gaps) {
        String said = chinese ? Objects.requireNonNull(CHINESE.get(text), text) : text;
        StringBuilder whole = new StringBuilder();
        for (int i = 0; i < said.length(); i++) {
            boolean gap = said.charAt(i) == '{' && i + 2 < said.length() && said.charAt(i + 2) == '}';
            if (gap) {
                whole.append(gaps[said.charAt(i + 1) - '0']);
                i += 2;
            } else {
                whole.append(said.charAt(i));
            }
        }
        return whole.toString();
    }

    /** All in one sentence, as the overview says it. */
    public String verdict(Verdict verdict) {
        int machines = verdict.machines();
        int attention = verdict.attention();
        String said;
        if (machines == 0) {
            said = say("No machine is protected yet");
        } else if (attention == 0) {
            said = machines == 1 ? say("The machine is protected") : say("All {0} machines are protected", machines);
        } else if (machines == 1) {
            said = say("The machine needs attention");
        } else {
            said = attention == 1
                    ? say("{0} of {1} machines needs attention", attention, machines)
                    : say("{0} of {1} machines need attention", attention, machines);
        }
        return verdict.appliance() == 0 ? said : said + say(". ") + say("The appliance needs attention");
    }

    /** What is wrong. */
    String title(Attention of) {
        return switch (of.kind()) {
            case "damaged" -> say("{0}: files of snapshots are damaged", of.node());
            case "failing" -> say("{0}: plan {1} fails", of.node(), of.plan());
            case "suspended" -> say("{0}: backups are suspended", of.node());
            case "overdue" -> say("{0}: the backup of plan {1} is overdue", of.node(), of.plan());
            case "never-backed-up" -> say("{0} has no snapshots", of.node());
            case "no-plan" -> say("{0} has no plan", of.node());
            case "retention-paused" ->
                of.about().equals("confirmed")
                        ? say("{0}: an attack was confirmed", of.node())
                        : say("{0}: a backup looks like an attack", of.node());
            case "incomplete" -> say("{0}: the newest snapshot of plan {1} is incomplete", of.node(), of.plan());
            case "no-vault" -> say("No vault is configured");
            case "vault-error" -> say("Vault {0}: uploads fail", of.about());
            case "nearly-full" -> say("The volumes are nearly full");
            case "almost-full" -> say("The volumes are almost full; backups will soon be refused");
            case "full" -> say("The volumes are full; backups are refused");
            default -> of.node().isEmpty() ? reason(of) : of.node() + (chinese ? "：" : ": ") + reason(of);
        };
    }

    private String reason(Attention of) {
        return chinese && of.phrase() != null
                ? of.phrase().in(Language.ZH, ZoneId.systemDefault())
                : of.text();
    }

    /** Why; may be empty. */
    String cause(Attention of) {
        return switch (of.kind()) {
            case "damaged" -> say("Damaged files: {0}", of.about());
            case "failing" ->
                of.about().equals("1") ? reason(of) : reason(of) + " " + say("(failed runs in a row: {0})", of.about());
            case "overdue" ->
                switch (of.about()) {
                    case "offline" -> say("The client is offline. Start the machine or its holdfast service.");
                    case "paused" -> say("The plan is paused.");
                    default -> say("The client is online, but has made no snapshot since it was due.");
                };
            case "never-backed-up" -> say("Plan {0} has not run yet.", of.plan());
            case "no-plan" -> say("No plan backs up this machine on a schedule.");
            case "incomplete" -> say("Files that could not be read: {0}", of.about());
            case "no-vault" -> say("There are no off-site copies. If this server is lost, so are all backups.");
            case "event" -> "";
            default -> reason(of);
        };
    }
}
