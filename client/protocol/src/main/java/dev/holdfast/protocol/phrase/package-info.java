/**
 * What appliance and clients say to people: a code with parameters, which the console renders in the reader's language, and the
 * English text of each code for logs, mails and command lines.
 *
 * <p>Uses Jackson for the JSON form. Called wherever a text is made that the console shows.
 */
package dev.holdfast.protocol.phrase;
