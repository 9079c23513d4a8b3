/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

/*
 * One clear line for the user. A function that can fail in a way the user must
 * hear of takes a `struct error *` as its last argument, returns 0 or a
 * negative errno, and leaves in it "what: why; what to do" without newline. Only
 * the program prints it. The text is set by whoever knows most, so a caller
 * passes it up untouched.
 */
struct error {
	char text[512];
};

/*
 * Format the line into `error` (which may be NULL) and return -code.
 * `code` is a positive errno. Made one line that fits: format_line(). Any thread.
 */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * strerror(), but in the words of networks where those of the errno would lead astray: EDESTADDRREQ
 * is a host whose address is not to be had, EKEYREJECTED a certificate. Any thread.
 */
const char *error_words(int code);

#endif
