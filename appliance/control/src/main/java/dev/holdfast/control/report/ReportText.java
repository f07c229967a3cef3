package dev.holdfast.control.report;

import dev.holdfast.protocol.text.ForeignText;

/** A report as plain text. Text from other machines stays on its line. */
final class ReportText {
    private ReportText() {}

    static String of(ReportSheet sheet) {
        String colon = sheet.language().equals("en") ? ": " : "：";
        StringBuilder text = new StringBuilder();
        line(text, sheet.verdict());
        line(text, sheet.time());
        if (!sheet.link().isEmpty()) {
            line(text, sheet.link());
        }
        for (ReportSheet.Part part : sheet.parts()) {
            line(text, "");
            line(text, "== " + part.heading() + " ==");
            if (part.rows().isEmpty()) {
                line(text, part.none());
            }
            for (ReportSheet.Row row : part.rows()) {
                String sign = switch (row.tone()) {
                    case NONE, GOOD -> "-";
                    case WARNING -> "!";
                    case ALERT -> "!!";
                };
                line(text, sign + " " + row.label() + (row.text().isEmpty() ? "" : colon + row.text()));
                if (!row.link().isEmpty()) {
                    line(text, "  " + row.link());
                }
            }
        }
        line(text, "");
        line(text, sheet.footer());
        return text.toString();
    }

    private static void line(StringBuilder text, String line) {
        text.append(ForeignText.render(line).replace('\n', ' ').replace('\r', ' '))
                .append('\n');
    }
}
