// A message type written in a test, for kinds of rule and of field that the API does not use yet:
//
//   DynamicType type("field { name: 'a' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }");
//   auto message = type.New();
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "validate/validate.pb.h"

namespace weir::config {

class DynamicType {
 public:
  // `body` is a DescriptorProto in text form, without the name.
  explicit DynamicType(const std::string& body) : pool_(NewPool()) {
    google::protobuf::FileDescriptorProto file;
    const std::string text =
        "name: 'test.proto' package: 'test' syntax: 'proto3' "
        "dependency: 'validate/validate.proto' dependency: 'google/protobuf/duration.proto' "
        "message_type { name: 'Tested' " +
        body + " }";
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &file));
    // Links the rules in, so that the file above finds them.
    validate::FieldRules::default_instance();
    const auto* built = pool_.BuildFile(file);
    EXPECT_NE(built, nullptr);
    type_ = built->message_type(0);
  }

  const google::protobuf::Descriptor& type() const { return *type_; }
  const google::protobuf::FieldDescriptor& Field(const std::string& name) const {
    return *type_->FindFieldByName(name);
  }
  std::unique_ptr<google::protobuf::Message> New() {
    return std::unique_ptr<google::protobuf::Message>(factory_.GetPrototype(type_)->New());
  }

 private:
  // Never freed: plans of its types are kept for ever.
  static google::protobuf::DescriptorPool& NewPool() {
    using google::protobuf::DescriptorPool;
    static auto& pools = *new std::vector<std::unique_ptr<DescriptorPool>>();
    pools.push_back(std::make_unique<DescriptorPool>(DescriptorPool::generated_pool()));
    return *pools.back();
  }

  google::protobuf::DescriptorPool& pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  const google::protobuf::Descriptor* type_ = nullptr;
};

}  // namespace weir::config
