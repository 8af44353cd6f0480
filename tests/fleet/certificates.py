# SPDX-License-Identifier: BSD-2-Clause
"""An authority for the fronts' certificates, by openssl(1), with certificates that begin and end when the test says."""
import os
import subprocess

from daemons import find

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """Its own certificate is good from ten days ago for twenty days."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        os.makedirs(folder)
        self.certificate = os.path.join(folder, "ca.pem")
        self._run("-10d", "req", "-x509", *KEY, "-days", "20", "-subj", "/CN=authority of a test", "-keyout", "ca.key",
                  "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                  "keyUsage=critical,keyCertSign")

    def _run(self, when, *words):
        subprocess.run([find("faketime"), "-f", when, "openssl", *words], cwd=self.folder, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def issue(self, name, begins="-3d", days=6):
        """A certificate that is good for `days` from a time on, such as -3d; gives its path without .crt, beside .key."""
        self.count += 1
        path = os.path.join(self.folder, str(self.count))
        with open(path + ".ext", "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:%s\n" % name)
        self._run(begins, "req", *KEY, "-subj", "/CN=" + name, "-keyout", path + ".key", "-out", path + ".csr")
        self._run(begins, "x509", "-req", "-in", path + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                  "-days", str(days), "-extfile", path + ".ext", "-out", path + ".crt")
        return path


def fingerprint(path):
    """Of a certificate in a file."""
    return subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint"], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE).stdout.decode()


def fingerprint_of(front):
    """Of the certificate that a front shows now."""
    return front.enter("sh", "-c", "openssl s_client -connect 127.0.0.1:853 </dev/null 2>/dev/null | "
                       "openssl x509 -noout -fingerprint")
