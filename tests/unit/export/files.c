/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files an outlet writes to, and which it never touches. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

TestSuite(files, .init = rig_begin, .fini = rig_end);

Test(files, a_new_one)
{
	enum { COUNT = 10000 }; /* several buffers */
	struct rig_settings settings = rig_settings("file");
	struct outlet *outlet = rig_open(&settings);
	struct stat status;

	cr_expect_eq(rig_give_many(outlet, 0, COUNT), COUNT);
	rig_finish(outlet);
	cr_expect_eq(rig_read("file", 0), COUNT);
	cr_assert_eq(stat("file", &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0640);
}

Test(files, one_of_ours_is_replaced_or_goes_on)
{
	struct rig_settings settings = rig_settings("file");

	for (int append = 0; append < 2; append++) {
		rig_put_file("file", "{\"old\":1}\n");
		settings.file.append = append;
		usleep(20000); /* so that it is older than the outlet by the clock of files, too */
		struct outlet *outlet = rig_open(&settings);

		rig_finish(outlet);
		rig_expect_file("file", append ? "{\"old\":1}\n" : "");
	}
}

/* A weir that was killed, or a disk that was full: half a record is none. */
Test(files, the_last_line_is_made_whole)
{
	struct rig_settings settings = rig_settings("file");

	settings.file.append = true;
	rig_put_file("file", "{\"old\":1}\n{\"old\":2}\n{\"ol");
	rig_finish(rig_open(&settings));
	rig_expect_file("file", "{\"old\":1}\n{\"old\":2}\n");
	rig_put_file("file", "{\"ol");
	rig_finish(rig_open(&settings));
	rig_expect_file("file", "");
}

Test(files, what_is_not_ours_is_refused)
{
	struct rig_settings settings = rig_settings("file");

	for (int append = 0; append < 2; append++) {
		settings.file.append = append;
		rig_put_file("file", "precious\n");
		rig_refused(&settings, EEXIST, "file: was there already, and not by weir; name");
		rig_expect_file("file", "precious\n");
		rig_put_file("file", "{");
		rig_refused(&settings, EEXIST, "not by weir");
		rig_expect_file("file", "{");
	}
	rig_put_file("file", "");
	rig_finish(rig_open(&settings));
}

Test(files, what_is_in_use_is_refused_by_any_name)
{
	struct rig_settings settings = rig_settings("second");
	struct file_id in_use;
	struct stat status;

	rig_put_file("file", "{\"old\":1}\n");
	cr_assert_eq(link("file", "second"), 0);
	cr_assert_eq(stat("file", &status), 0);
	in_use = (struct file_id){status.st_dev, status.st_ino};
	settings.file.in_use = &in_use;
	settings.file.in_use_count = 1;
	rig_refused(&settings, EEXIST, "second: is read, or written to, by this weir already");
	rig_expect_file("file", "{\"old\":1}\n");
}

Test(files, one_writer_at_a_time)
{
	struct rig_settings settings = rig_settings("file");
	struct outlet *outlet = rig_open(&settings);

	rig_refused(&settings, EEXIST, "file: another weir writes to it");
	rig_finish(outlet);
	rig_finish(rig_open(&settings));
}

Test(files, a_link_is_refused_and_left_alone)
{
	struct rig_settings settings = rig_settings("link");
	struct stat status;

	rig_put_file("file", "{\"old\":1}\n");
	cr_assert_eq(symlink("file", "link"), 0);
	rig_refused(&settings, ELOOP, "link: is a symbolic link");
	rig_expect_file("file", "{\"old\":1}\n");
	cr_assert_eq(unlink("file"), 0);
	rig_refused(&settings, ELOOP, "link: is a symbolic link"); /* to nothing */
	cr_expect_eq(stat("file", &status), -1);
}

Test(files, a_link_to_no_file_is_followed)
{
	struct rig_settings settings = rig_settings("link");

	cr_assert_eq(symlink("/dev/null", "link"), 0);
	struct outlet *outlet = rig_open(&settings);

	rig_give_many(outlet, 0, 10);
	rig_finish(outlet);
}

Test(files, a_second_name_where_all_may_write_is_refused)
{
	struct rig_settings settings = rig_settings("file");

	rig_put_file("file", "{\"old\":1}\n");
	cr_assert_eq(link("file", "link"), 0);
	cr_assert_eq(chmod(".", 01777), 0);
	rig_refused(&settings, EEXIST, "somebody else's");
	rig_expect_file("file", "{\"old\":1}\n");
}

Test(files, somebody_elses_where_all_may_write_is_refused)
{
	struct rig_settings settings = rig_settings("file");

	if (geteuid() != 0)
		cr_skip_test("only root can make a file somebody else's");
	rig_put_file("file", "{\"old\":1}\n");
	cr_assert_eq(chown("file", 65534, 65534), 0);
	cr_assert_eq(chmod(".", 0777), 0); /* sticky, the kernel itself would refuse it */
	rig_refused(&settings, EEXIST, "somebody else's");
	rig_expect_file("file", "{\"old\":1}\n");
}

Test(files, ones_own_where_all_may_write_is_replaced)
{
	struct rig_settings settings = rig_settings("file");

	rig_put_file("file", "{\"old\":1}\n");
	usleep(20000);
	cr_assert_eq(chmod(".", 01777), 0);
	rig_finish(rig_open(&settings));
	rig_expect_file("file", "");
}

Test(files, places_where_none_can_be)
{
	struct rig_settings settings = rig_settings(".");

	rig_refused(&settings, EISDIR, "is a directory");
	settings.file.path = "no/such/place";
	rig_refused(&settings, ENOENT, "no/such/place: No such file or directory");
}

Test(files, no_permission)
{
	struct rig_settings settings = rig_settings("file");
	uid_t user = geteuid();

	cr_assert_eq(chmod(".", 0500), 0);
	if (user == 0)
		cr_assert_eq(seteuid(65534), 0); /* root may write everywhere */
	rig_refused(&settings, EACCES, "file: Permission denied; check");
	cr_assert_eq(seteuid(user), 0);
}

/* As logrotate does: what was given before is in the one or the other, and nothing twice. */
Test(files, moved_away_and_opened_anew)
{
	struct rig_settings settings = rig_settings("file");
	struct outlet *outlet = rig_open(&settings);

	rig_give_many(outlet, 0, 100);
	rig_wait_sent(outlet, 100);
	outlet_reopen(outlet); /* nobody has moved it: it goes on */
	rig_give_many(outlet, 100, 200);
	rig_wait_sent(outlet, 200);
	cr_assert_eq(rename("file", "old"), 0);
	rig_give_many(outlet, 200, 300);
	rig_wait_sent(outlet, 300);
	outlet_reopen(outlet);
	rig_give_many(outlet, 300, 1000);
	rig_finish(outlet);
	cr_expect_eq(rig_read("old", 0), 300);
	cr_expect_eq(rig_read("file", 300), 700);
}

/* What cannot be had anew stays as it was. */
Test(files, moved_away_and_another_in_its_place)
{
	struct rig_settings settings = rig_settings("file");
	struct outlet *outlet = rig_open(&settings);

	rig_give_many(outlet, 0, 10);
	cr_assert_eq(rename("file", "old"), 0);
	rig_put_file("file", "precious\n");
	outlet_reopen(outlet);
	rig_give_many(outlet, 10, 20);
	rig_finish(outlet);
	cr_expect_eq(rig_read("old", 0), 20);
	rig_expect_file("file", "precious\n");
}
