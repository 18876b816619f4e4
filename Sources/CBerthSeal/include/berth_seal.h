// An executable that links this runs itself from a read-only mount of its own file, as soon as it starts, for every
// command by which one of its processes enters a container (CVE-2019-5736).
#pragma once
