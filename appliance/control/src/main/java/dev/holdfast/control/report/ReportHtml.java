package dev.holdfast.control.report;

import dev.holdfast.control.report.ReportSheet.Part;
import dev.holdfast.control.report.ReportSheet.Row;
import dev.holdfast.control.report.ReportSheet.Tone;
import dev.holdfast.protocol.text.ForeignText;

/**
 * A report as HTML. It has no style sheet, no script and no picture, only tables and attributes: mail programs show these all
 * alike, and the console shows it under its own content security policy. All text is escaped, since names and reasons come
 * from other machines.
 */
final class ReportHtml {
    private static final String FONT =
            "<font face=\"Segoe UI, Helvetica, Arial, PingFang SC, Microsoft YaHei, sans-serif\"";

    private ReportHtml() {}

    static String of(ReportSheet sheet) {
        StringBuilder html = new StringBuilder();
        html.append("<!DOCTYPE html>\n<html lang=\"")
                .append(escaped(sheet.language()))
                .append("\"><head><meta charset=\"utf-8\"><title>")
                .append(escaped(sheet.subject()))
                .append("</title></head>\n<body bgcolor=\"#f2f2f2\">\n")
                .append("<table role=\"presentation\" width=\"100%\" cellpadding=\"12\"><tr><td align=\"center\">\n")
                .append(
                        "<table role=\"presentation\" width=\"640\" cellpadding=\"12\" cellspacing=\"0\" bgcolor=\"#ffffff\">\n");
        html.append("<tr><td bgcolor=\"").append(colour(sheet.tone())).append("\"><h1>");
        font(html, "#ffffff", "5", sheet.verdict());
        html.append("</h1>");
        font(html, "#ffffff", "2", sheet.time());
        html.append("</td></tr>\n");
        sheet.parts().forEach(part -> part(html, part, sheet.more()));
        html.append("<tr><td><hr size=\"1\" color=\"#d2d2d2\">");
        if (!sheet.link().isEmpty()) {
            html.append("<p>");
            link(html, sheet.link(), sheet.open());
            html.append("</p>");
        }
        font(html, "#595959", "2", sheet.footer());
        return html.append("</td></tr>\n</table>\n</td></tr></table>\n</body></html>\n")
                .toString();
    }

    private static void part(StringBuilder html, Part part, String more) {
        html.append("<tr><td><h2>");
        font(html, "#151515", "4", part.heading());
        html.append("</h2>\n");
        if (part.rows().isEmpty()) {
            font(html, "#151515", "3", part.none());
        } else {
            html.append("<table role=\"presentation\" width=\"100%\" cellpadding=\"4\" cellspacing=\"0\">\n");
            part.rows().forEach(row -> row(html, row, more));
            html.append("</table>\n");
        }
        html.append("</td></tr>\n");
    }

    private static void row(StringBuilder html, Row row, String more) {
        boolean bad = row.tone() == Tone.WARNING || row.tone() == Tone.ALERT;
        html.append("<tr valign=\"top\"><td width=\"4\" bgcolor=\"")
                .append(bad ? colour(row.tone()) : "#ffffff")
                .append("\"></td><td width=\"45%\">");
        if (bad) {
            html.append("<b>");
        }
        font(html, bad ? colour(row.tone()) : "#151515", "3", row.label());
        if (bad) {
            html.append("</b>");
        }
        html.append("</td><td>");
        font(html, "#151515", "3", row.text());
        if (!row.link().isEmpty()) {
            html.append(row.text().isEmpty() ? "" : "<br>");
            link(html, row.link(), more);
        }
        html.append("</td></tr>\n");
    }

    private static void link(StringBuilder html, String to, String said) {
        html.append("<a href=\"").append(escaped(to)).append("\" target=\"_blank\" rel=\"noopener noreferrer\">");
        font(html, "#0066cc", "3", said);
        html.append("</a>");
    }

    private static void font(StringBuilder html, String colour, String size, String text) {
        html.append(FONT)
                .append(" color=\"")
                .append(colour)
                .append("\" size=\"")
                .append(size)
                .append("\">")
                .append(escaped(text))
                .append("</font>");
    }

    private static String colour(Tone tone) {
        return switch (tone) {
            case NONE -> "#151515";
            case GOOD -> "#3d7317";
            case WARNING -> "#8a4b00";
            case ALERT -> "#b1380b";
        };
    }

    /** Text that can be nothing but text. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char each : ForeignText.render(text).toCharArray()) {
            switch (each) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(each);
            }
        }
        return escaped.toString();
    }
}
