/**
 * The control database, a SQLite file: one class for each table or group of tables, reached through
 * {@link dev.holdfast.control.db.ControlDb}. Stores and finds rows, and keeps the rules that need a transaction, such as
 * enrolment. Uses the shared SQLite helper, the calendar and the fair queues' address blocks; knows no other package of the
 * control layer. Called by all of them and by the daemon; the API and the command line go through the use cases.
 */
@NullMarked
package dev.holdfast.control.db;

import org.jspecify.annotations.NullMarked;
