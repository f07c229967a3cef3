/**
 * The audit log's proof: signed heads that anchor its chain of hashes outside the control database, signed segments that take
 * what the database need not keep, and the verification of all of it.
 */
package dev.holdfast.control.audit;
