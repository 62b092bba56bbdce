#include "source/server/bootstrap.h"

#include <gtest/gtest.h>

#include <fstream>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace weir::server {
namespace {

std::string WriteFile(const std::string& text) {
  std::string path = testing::TempDir() + "/bootstrap.yaml";
  std::ofstream(path) << text;
  return path;
}

TEST(BootstrapTest, FileOverlayAndOptions) {
  Options options;
  options.config_path = WriteFile("node: {id: file, cluster: of-file}\nadmin: {}\n");
  options.config_yaml = "node: {id: overlay}";
  options.service_cluster = "of-options";
  config::Faults faults(options.config_path);
  const auto bootstrap = LoadBootstrap(options, faults);
  ASSERT_NE(bootstrap, nullptr) << faults.ToString();
  EXPECT_EQ(bootstrap->node().id(), "overlay");
  EXPECT_EQ(bootstrap->node().cluster(), "of-options");
  EXPECT_EQ(bootstrap->node().user_agent_name(), "weir");
  EXPECT_EQ(bootstrap->node().user_agent_version(), VersionText());
}

TEST(BootstrapTest, AFileThatIsNotThereIsAFault) {
  Options options;
  options.config_path = testing::TempDir() + "/no-such-file.yaml";
  config::Faults faults(options.config_path);
  EXPECT_EQ(LoadBootstrap(options, faults), nullptr);
  EXPECT_NE(faults.ToString().find("cannot be read: No such file"), std::string::npos)
      << faults.ToString();
}

TEST(BootstrapTest, FaultsSayWhereInTheText) {
  Options options;
  options.config_path = WriteFile("node:\n  idd: x\n");
  config::Faults faults("bootstrap.yaml");
  EXPECT_NE(LoadBootstrap(options, faults), nullptr);
  EXPECT_NE(faults.ToString().find("bootstrap.yaml:2:3: node.idd"), std::string::npos)
      << faults.ToString();
}

TEST(BootstrapTest, FaultsOfTheOverlayAreCalledSo) {
  Options options;
  options.config_path = WriteFile("node: {id: file}\n");
  options.config_yaml = "node: {idd: x}";
  config::Faults faults("bootstrap.yaml");
  LoadBootstrap(options, faults);
  EXPECT_EQ(faults.ToString().rfind("--config-yaml:1:8: node.idd", 0), 0u) << faults.ToString();
}

TEST(BootstrapTest, AFolderIsNoFile) {
  Options options;
  options.config_path = testing::TempDir();
  config::Faults faults(options.config_path);
  EXPECT_EQ(LoadBootstrap(options, faults), nullptr);
  EXPECT_NE(faults.ToString().find("cannot be read: Is a directory"), std::string::npos)
      << faults.ToString();
}

}  // namespace
}  // namespace weir::server
