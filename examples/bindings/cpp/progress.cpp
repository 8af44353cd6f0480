/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.cpp: checks a list of addresses, one a line, a hundred at a time, with progress on standard error.
 *
 *     progress FILE [NAME=VALUE ...]     ends with 1 where one is rejected, 2 where one could not be decided */
#include "mxcheck.hpp"

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

static constexpr std::size_t at_once = 100;

static std::vector<std::string> read_lines(const char *path)
{
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line[0] != '#')
            lines.push_back(line);
    }
    return lines;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fputs("usage: progress FILE [NAME=VALUE ...]\n", stderr);
        return 64;
    }
    mxcheck::config options;
    for (int i = 2; i < argc; i++) {
        std::string setting = argv[i];
        std::size_t equals = setting.find('=');
        std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
        if (auto wrong = options.set(setting.substr(0, equals).c_str(), value.c_str())) {
            std::fprintf(stderr, "%s\n", std::string(wrong->text()).c_str());
            return 64;
        }
    }
    auto ctx = mxcheck::context::make(std::move(options)).value();
    const std::vector<std::string> addresses = read_lines(argv[1]);
    std::vector<std::optional<mxcheck::result>> results(addresses.size());
    std::size_t next = 0, done = 0;
    while (done < addresses.size()) {
        for (; next < addresses.size() && next - done < at_once; next++) {
            auto note = [&results, &done, place = next](mxcheck::result result) {
                results[place] = std::move(result);
                done++;
            };
            if (auto id = ctx.start(mxcheck::role::rcpt, addresses[next], note); !id) {
                std::fprintf(stderr, "%s\n", std::string(id.error().text()).c_str());
                return 71;
            }
        }
        if (ctx.wait(-1) != MXCHECK_OK)
            return 71;
        ctx.dispatch();
        std::fprintf(stderr, "\r%zu of %zu", done, addresses.size());
    }
    std::fputc('\n', stderr);
    bool has_rejected = false, has_deferred = false;
    for (std::size_t i = 0; i < addresses.size(); i++) {
        std::printf("%s\t%s\t%s\n", addresses[i].c_str(), std::string(mxcheck::name(results[i]->verdict())).c_str(),
                    std::string(mxcheck::name(results[i]->reason())).c_str());
        has_rejected |= results[i]->verdict() == mxcheck::verdict::reject;
        has_deferred |= results[i]->verdict() == mxcheck::verdict::defer;
    }
    return has_rejected ? 1 : has_deferred ? 2 : 0;
}
