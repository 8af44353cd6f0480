# SPDX-License-Identifier: BSD-2-Clause
"""The functions of libmxcheck.so.1, as ctypes sees them: each function of the header with its types, and no more."""
import ctypes
import os
from ctypes import c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p

ID = c_uint64
CALLBACK = ctypes.CFUNCTYPE(None, ID, c_void_p, c_void_p)
LOG = ctypes.CFUNCTYPE(None, c_int, c_char_p, ID, c_void_p)
RELEASE = ctypes.CFUNCTYPE(None, c_void_p)

_POINTER = ctypes.POINTER(c_void_p)
_TEXT = [c_void_p, c_int, c_char_p, c_size_t, c_uint32, c_uint32]
_WRITER = [c_void_p, c_char_p, c_char_p, c_size_t]

SHAPES = {
    "version_number": (c_uint32, []),
    "version": (c_char_p, []),
    "config_new": (c_int, [_POINTER]),
    "config_copy": (c_int, [c_void_p, _POINTER]),
    "config_free": (None, [c_void_p]),
    "config_set": (c_int, [c_void_p, c_char_p, c_char_p]),
    "config_load": (c_int, [c_void_p, c_char_p]),
    "config_get": (c_char_p, [c_void_p, c_char_p]),
    "config_error": (c_char_p, [c_void_p]),
    "config_set_log": (c_int, [c_void_p, c_int, LOG, c_void_p]),
    "config_set_cache": (c_int, [c_void_p, c_void_p]),
    "config_set_memory": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "config_set_release": (c_int, [c_void_p, RELEASE]),
    "option_count": (c_size_t, []),
    "option_name": (c_char_p, [c_size_t]),
    "option_default": (c_char_p, [c_size_t]),
    "option_help": (c_char_p, [c_size_t]),
    "ctx_new": (c_int, [c_void_p, _POINTER]),
    "ctx_free": (None, [c_void_p]),
    "ctx_stop": (c_int, [c_void_p]),
    "ctx_stats": (c_int, [c_void_p, c_void_p, c_size_t]),
    "ctx_cache": (c_void_p, [c_void_p]),
    "ctx_fd": (c_int, [c_void_p]),
    "ctx_dispatch": (c_int, [c_void_p]),
    "ctx_wait": (c_int, [c_void_p, c_int]),
    "ctx_pending": (c_size_t, [c_void_p]),
    "stats_name": (c_char_p, [c_size_t]),
    "check": (c_int, [*_TEXT, _POINTER]),
    "check_sender": (c_int, [c_void_p, c_char_p, _POINTER]),
    "check_rcpt": (c_int, [c_void_p, c_char_p, _POINTER]),
    "check_rcpts": (c_int, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "check_async": (c_int, [*_TEXT, CALLBACK, c_void_p, ctypes.POINTER(ID)]),
    "check_sender_async": (c_int, [c_void_p, c_char_p, CALLBACK, c_void_p, ctypes.POINTER(ID)]),
    "check_rcpt_async": (c_int, [c_void_p, c_char_p, CALLBACK, c_void_p, ctypes.POINTER(ID)]),
    "cancel": (c_int, [c_void_p, ID]),
    "result_ref": (c_void_p, [c_void_p]),
    "result_unref": (None, [c_void_p]),
    "result_verdict": (c_int, [c_void_p]),
    "result_reason": (c_int, [c_void_p]),
    "result_role": (c_int, [c_void_p]),
    "result_address": (c_void_p, [c_void_p]),
    "result_address_length": (c_size_t, [c_void_p]),
    "result_domain": (c_char_p, [c_void_p]),
    "result_smtp_code": (c_int, [c_void_p]),
    "result_enhanced_code": (c_char_p, [c_void_p]),
    "result_reply": (c_size_t, _WRITER),
    "result_hint": (c_char_p, [c_void_p]),
    "result_explain": (c_size_t, _WRITER),
    "result_json": (c_size_t, _WRITER),
    "result_mx_count": (c_size_t, [c_void_p]),
    "result_mx_host": (c_char_p, [c_void_p, c_size_t]),
    "result_mx_preference": (c_uint32, [c_void_p, c_size_t]),
    "result_mx_address_count": (c_size_t, [c_void_p, c_size_t]),
    "result_mx_address": (c_char_p, [c_void_p, c_size_t, c_size_t]),
    "result_note_count": (c_size_t, [c_void_p]),
    "result_note": (c_char_p, [c_void_p, c_size_t]),
    "result_ttl": (c_uint32, [c_void_p]),
    "result_is_cached": (c_int, [c_void_p]),
    "result_is_stale": (c_int, [c_void_p]),
    "result_dnssec": (c_int, [c_void_p]),
    "result_elapsed_us": (c_uint32, [c_void_p]),
    "cache_new": (c_int, [c_size_t, _POINTER]),
    "cache_new_shared": (c_int, [c_char_p, c_size_t, _POINTER]),
    "cache_ref": (c_void_p, [c_void_p]),
    "cache_unref": (None, [c_void_p]),
    "cache_flush": (None, [c_void_p, c_char_p]),
    "status_name": (c_char_p, [c_int]),
    "status_text": (c_char_p, [c_int]),
    "verdict_name": (c_char_p, [c_int]),
    "role_name": (c_char_p, [c_int]),
    "dnssec_name": (c_char_p, [c_int]),
    "log_level_name": (c_char_p, [c_int]),
    "reason_name": (c_char_p, [c_int]),
    "reason_count": (c_size_t, []),
    "reason_at": (c_int, [c_size_t]),
    "reason_verdict": (c_int, [c_int]),
}


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(os.environ.get("MXCHECK_LIBRARY", "libmxcheck.so.1"), use_errno=True)
    for name, (result, parameters) in SHAPES.items():
        function = getattr(library, "mxcheck_" + name)
        function.restype = result
        function.argtypes = parameters
    return library


LIBRARY = _load()
