package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.report.ReportSchedule;
import dev.holdfast.control.usecase.ReportUseCases;
import java.util.List;

/** Reports by mail. */
final class ReportRoutes {
    private final ReportUseCases reports;

    ReportRoutes(ReportUseCases reports) {
        this.reports = reports;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/report",
                                Permission.VIEW,
                                "The report of the time until now, as it would be sent: of ?every= (daily, weekly, monthly) in"
                                        + " ?language= (en, zh)",
                                ReportUseCases.Shown.class,
                                call -> reports.report(
                                        call.actor(), call.query("every", ""), call.query("language", "")))
                        .query("every", "language")
                        .everywhere(),
                Route.get(
                                "/report-schedule",
                                Permission.SETTINGS,
                                "When reports are sent by mail, and whether the last could be sent",
                                ReportUseCases.Scheduled.class,
                                call -> reports.scheduled(call.actor()))
                        .everywhere(),
                Route.put(
                                "/report-schedule",
                                Permission.SETTINGS,
                                "Changes when reports are sent by mail, to whom, and in which language",
                                ReportSchedule.class,
                                Route.done(call -> reports.schedule(call.actor(), call.body(ReportSchedule.class))))
                        .everywhere(),
                Route.post(
                                "/report/send",
                                Permission.SETTINGS,
                                "Sends a report by mail now",
                                ReportUseCases.Sending.class,
                                ReportUseCases.Sent.class,
                                call -> reports.send(call.actor(), call.body(ReportUseCases.Sending.class)))
                        .everywhere()
                        .on(Route.Lane.SEARCH));
    }
}
