from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import habits


class HabitsTest(TreeTestCase):
    def test_length(self):
        self.assertEqual(habits.check_length(self.tree({"source/a.cc": "x\n" * 600})), [])
        self.assert_fault(habits.check_length(self.tree({"source/a.cc": "x\n" * 601})), "source/a.cc:601", "601 lines")

    def test_columns(self):
        self.assertEqual(habits.check_columns(self.tree({"source/a.h": "// " + "→" * 97 + "\n"})), [])
        self.assertEqual(habits.check_columns(self.tree({"source/a.h": "// https://example.com/" + "x" * 100})), [])
        self.assertEqual(habits.check_columns(self.tree({"test/a.cc": 'R"y(\n' + "x" * 101 + '\n)y"'})), [])
        self.assert_fault(habits.check_columns(self.tree({"test/a.cc": 'R"(\n)"\n' + "x" * 101})), "test/a.cc:3", "101 columns")
        self.assert_fault(habits.check_columns(self.tree({"source/a.h": "\n//" + "x" * 99})), "source/a.h:2", "101 columns")

    def test_unfinished(self):
        for word in ["TO" "DO", "FIX" "ME(me)", "XX" "X", "HA" "CK"]:
            with self.subTest(word):
                self.assert_fault(habits.check_unfinished(self.tree({"source/a.cc": f"int a;  // {word}: later\n"})), "source/a.cc:1", word)
        self.assertEqual(habits.check_unfinished(self.tree({"source/a.cc": "int mastodons;\n"})), [])

    def test_headers(self):
        self.assertEqual(habits.check_headers(self.tree({"source/a.h": "// What.\n#pragma once\n"})), [])
        self.assert_fault(habits.check_headers(self.tree({"source/a.h": "#pragma once\n"})), "source/a.h:1", "comment")
        self.assert_fault(habits.check_headers(self.tree({"source/a.h": "// What.\n"})), "source/a.h:1", "pragma once")

    def test_unique_names(self):
        self.assertEqual(habits.check_names(self.tree({"source/net/dns.h": "", "source/net/dns.cc": ""})), [])
        self.assert_fault(habits.check_names(self.tree({"source/net/dns.h": "", "source/http/dns.cc": ""})), "dns", "unique")

    def test_empty_names(self):
        for text in ["class PoolImpl {", "struct StreamData {", "class [[nodiscard]] FilterBase : public A {"]:
            with self.subTest(text):
                self.assert_fault(habits.check_names(self.tree({"source/net/pool.h": text})), "source/net/pool.h:1", "says nothing")
        for text in ["class Pool {", "struct Database {", "class Implicit;", "struct PoolData;"]:
            with self.subTest(text):
                self.assertEqual(habits.check_names(self.tree({"source/net/pool.h": text})), [])
        self.assert_fault(habits.check_names(self.tree({"source/net/net_util.cc": ""})), "net_util.cc", "says nothing")
