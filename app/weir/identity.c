/* SPDX-License-Identifier: BSD-3-Clause */
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <weir/runtime.h>

int identity_find(struct identity *identity, const char *name, struct error *error)
{
	const struct passwd *user;

	*identity = (struct identity){0};
	if (name == NULL)
		return 0;
	user = getpwnam(name);
	if (user == NULL)
		return error_set(error, EINVAL,
				 "--user %s: there is no such user; make it, or name another",
				 name);
	if (geteuid() != 0 && geteuid() != user->pw_uid)
		return error_set(error, EPERM,
				 "--user %s: only root can become another user; leave it out",
				 name);
	*identity = (struct identity){.name = name, .user = user->pw_uid, .group = user->pw_gid};
	(void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	return 0;
}

/* Is there something to change? Not for a user that started weir itself. */
static bool is_another(const struct identity *identity)
{
	return identity->name != NULL && getuid() != identity->user;
}

/* glibc changes all threads, and ends a process in which it could change only some. */
void identity_write_as(const struct identity *identity, bool on)
{
	if (!is_another(identity))
		return;
	/* Its groups stay: what root still opens is root's own. */
	if (on && initgroups(identity->name, identity->group) == 0 && setegid(identity->group) == 0)
		(void)!seteuid(identity->user);
	else if (!on && seteuid(getuid()) == 0)
		(void)!setegid(getgid());
}

int identity_become(const struct identity *identity, const char *directory, struct error *error)
{
	int result;

	if (identity->name == NULL)
		return 0;
	result = runtime_share(directory, identity->user, identity->group, error);
	if (result != 0 || !is_another(identity))
		return result;
	if (initgroups(identity->name, identity->group) != 0 ||
	    setresgid(identity->group, identity->group, identity->group) != 0 ||
	    setresuid(identity->user, identity->user, identity->user) != 0)
		return error_set(error, errno,
				 "--user %s: %s; CAP_SETUID and CAP_SETGID are needed for it",
				 identity->name, strerror(errno));
	return 0;
}
