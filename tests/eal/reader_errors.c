/* SPDX-License-Identifier: BSD-3-Clause */
/* What the reader refuses, and whether its one line helps. No EAL: it fails before that. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/reader.h>

#include "capture_rig.h"
#include "eal_rig.h"

static void expect_refused(const char *path, int code, const char *words)
{
	struct reader *reader = NULL;
	struct error error = {{0}};

	cr_expect_eq(reader_open(&path, 1, &reader, &error), -code, "%s: %s", path, error.text);
	cr_expect_null(reader);
	cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "names the file: %s", error.text);
	cr_expect_not_null(strstr(error.text, words), "\"%s\" in: %s", words, error.text);
	cr_expect_null(strchr(error.text, '\n'));
}

static const char *write_text(const char *name, const char *text)
{
	const char *path = eal_rig_path(name);
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static void clean(void)
{
	eal_rig_remove_paths();
}

TestSuite(reader_errors, .fini = clean);

Test(reader_errors, missing)
{
	expect_refused(eal_rig_path("missing"), ENOENT, "No such file");
}

Test(reader_errors, directory)
{
	const char *path = eal_rig_path("directory");

	cr_assert_eq(mkdir(path, 0700), 0);
	expect_refused(path, ENOENT, "no file is in the directory");
	cr_assert_eq(rmdir(path), 0);
}

Test(reader_errors, empty)
{
	expect_refused(write_text("empty", ""), ENODATA, "empty");
}

Test(reader_errors, not_a_capture)
{
	expect_refused(write_text("text", "This is a text, not a capture.\n"), ENOMSG,
		       "not a capture");
}

Test(reader_errors, no_permission)
{
	const char *path = write_text("secret", "secret");

	cr_assert_eq(chmod(path, 0), 0);
	if (geteuid() == 0) { /* root may read it: be somebody who may not */
		rig_run("chmod 755 %.*s", (int)(strrchr(path, '/') - path), path);
		cr_assert_eq(seteuid(65534), 0);
	}
	expect_refused(path, EACCES, "Permission denied");
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

static const char *write_link_type(uint32_t link_type)
{
	const char *path = eal_rig_path("link-type");
	const uint8_t frame[64] = {0};
	struct capture capture;

	capture_create(&capture, path, CAPTURE_PCAPNG, link_type);
	capture_add(&capture, 0, frame, sizeof(frame), sizeof(frame));
	capture_close(&capture);
	return path;
}

Test(reader_errors, link_types_are_named)
{
	expect_refused(write_link_type(105), EPROTONOSUPPORT, "IEEE802_11 (802.11)");
	expect_refused(write_link_type(100), EPROTONOSUPPORT, "ATM_RFC1483");
	expect_refused(write_link_type(271), EPROTONOSUPPORT, "VSOCK (Linux vsock)");
	expect_refused(write_link_type(60000), EPROTONOSUPPORT, "60000");
}

/* The second of two files is bad: that does not stop the first. */
Test(reader_errors, one_of_two)
{
	char good[128];
	const char *paths[2] = {good, "/nonexistent/capture"};
	struct reader *reader = NULL;
	struct capture capture;
	struct error error;

	snprintf(good, sizeof(good), "%s", eal_rig_path("good"));
	capture_create(&capture, good, CAPTURE_PCAP_US, 1);
	capture_close(&capture);
	cr_expect_eq(reader_open(paths, 2, &reader, &error), 0);
	reader_close(reader);
}
